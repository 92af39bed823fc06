import { Injectable } from '@nestjs/common';
import { QueryFailedError, type EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import { Collection } from './collection.entity.js';

/** A collection with what is stored elsewhere about it. */
export interface CollectionRow extends Collection {
  model: string;
  dimensions: number;
  scoreLow: number;
}

export interface AttachedConnection {
  id: string;
  provider: string;
  name: string;
}

const COLUMNS = `
  c.id, c.tenant_id as "tenantId", c.name, c.description, c.metadata, c.space_id as "spaceId",
  c.next_space_id as "nextSpaceId", c.created_at as "createdAt", c.updated_at as "updatedAt",
  s.model, s.dimensions, s.score_lo as "scoreLow"`;

@Injectable()
export class CollectionsRepository {
  async find(tx: EntityManager, tenant: string, name: string): Promise<CollectionRow | undefined> {
    const rows: CollectionRow[] = await tx.query(
      `select ${COLUMNS} from collections c join embedding_spaces s on s.id = c.space_id
        where c.tenant_id = $1 and c.name = $2`,
      [tenant, name],
    );
    return rows[0];
  }

  async findById(
    tx: EntityManager,
    tenant: string,
    id: string,
  ): Promise<CollectionRow | undefined> {
    const rows: CollectionRow[] = await tx.query(
      `select ${COLUMNS} from collections c join embedding_spaces s on s.id = c.space_id
        where c.tenant_id = $1 and c.id = $2`,
      [tenant, id],
    );
    return rows[0];
  }

  /** By name; `after` is the last name of the page before, `only` what a restricted key sees. */
  list(
    tx: EntityManager,
    tenant: string,
    page: { limit: number; offset: number; after?: string; only: string | null },
  ): Promise<CollectionRow[]> {
    return tx.query(
      `select ${COLUMNS} from collections c join embedding_spaces s on s.id = c.space_id
        where c.tenant_id = $1 and ($2::text is null or c.name > $2)
          and ($3::text is null or c.name = $3)
        order by c.name limit $4 offset $5`,
      [tenant, page.after, page.only, page.limit, page.after === undefined ? page.offset : 0],
    );
  }

  /** How many visible memories each collection holds; absent = none. */
  async countMemories(tx: EntityManager, ids: readonly string[]): Promise<Map<string, number>> {
    const rows: { id: string; count: number }[] = await tx.query(
      `select collection_id as id, count(*)::int as count from memories
        where collection_id = any($1::uuid[]) and visible group by collection_id`,
      [ids],
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }

  /** @returns false when the tenant has a collection of that name */
  async insert(tx: EntityManager, row: Collection): Promise<boolean> {
    const inserted: unknown[] = await tx.query(
      `insert into collections
         (id, tenant_id, name, description, metadata, space_id, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (tenant_id, name) do nothing returning id`,
      [
        row.id,
        row.tenantId,
        row.name,
        row.description,
        JSON.stringify(row.metadata),
        row.spaceId,
        row.createdAt,
        row.updatedAt,
      ],
    );
    return inserted.length > 0;
  }

  /** @throws AppError `collection_exists` when the tenant has another one of that name */
  async update(
    tx: EntityManager,
    tenant: string,
    id: string,
    row: Pick<Collection, 'name' | 'description' | 'metadata' | 'updatedAt'>,
  ): Promise<void> {
    const update = tx.query(
      `update collections set name = $3, description = $4, metadata = $5, updated_at = $6
        where tenant_id = $1 and id = $2`,
      [tenant, id, row.name, row.description, JSON.stringify(row.metadata), row.updatedAt],
    );
    // The index decides: of two renames at once, both would pass a look before.
    await update.catch((error: unknown) => {
      throw isUniqueViolation(error) ? nameTaken(row.name) : error;
    });
  }

  /** From here to the end of the transaction no connection can be attached to the collection. */
  async lock(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.query(`select from collections where tenant_id = $1 and id = $2 for update`, [
      tenant,
      id,
    ]);
  }

  attachedConnections(
    tx: EntityManager,
    tenant: string,
    id: string,
  ): Promise<AttachedConnection[]> {
    return tx.query(
      `select id, provider, name from connections
        where tenant_id = $1 and collection_id = $2 order by created_at, id`,
      [tenant, id],
    );
  }

  /** Starts no run of theirs until they go. */
  async pauseConnections(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.query(
      `update connections set status = 'paused', status_reason = 'its collection is being deleted',
         status_since = case when status = 'paused' then status_since else now() end,
         updated_at = now()
       where tenant_id = $1 and collection_id = $2`,
      [tenant, id],
    );
  }

  async detachConnections(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.query(`delete from connections where tenant_id = $1 and collection_id = $2`, [
      tenant,
      id,
    ]);
  }

  /**
   * Removes some rows. Documents whose memories go are not as their source has them any more:
   * should it end there, the next sync reads them again.
   * @returns false: none is left
   */
  async deleteSome(
    tx: EntityManager,
    table: 'memories' | 'documents',
    tenant: string,
    id: string,
    limit: number,
  ): Promise<boolean> {
    const some: { id: string }[] = await tx.query(
      `select id from ${table} where collection_id = $2 and tenant_id = $1 limit $3`,
      [tenant, id, limit],
    );
    const ids = some.map((row) => row.id);
    // Before the memories, and by id, as everybody locks documents.
    if (table === 'memories')
      await tx.query(
        `update documents set content_hash = null where id in (
           select id from documents where content_hash is not null
             and id in (select document_id from memories where id = any($1::uuid[]))
           order by id for update)`,
        [ids],
      );
    const [, removed] = await tx.query<[unknown[], number]>(
      `delete from ${table} where tenant_id = $1 and id = any($2::uuid[])`,
      [tenant, ids],
    );
    if (removed === limit) return true;
    // Fewer may be all, or what another deletion at the same time has left of the same rows.
    const [row]: [{ more: boolean }] = await tx.query(
      `select exists (select from ${table} where collection_id = $2 and tenant_id = $1) as more`,
      [tenant, id],
    );
    return row.more;
  }

  async delete(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.delete(Collection, { tenantId: tenant, id });
  }
}

export function nameTaken(name: string): AppError {
  return new AppError('collection_exists', `There is a collection "${name}" already.`);
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  return (error.driverError as { code?: unknown }).code === '23505';
}
