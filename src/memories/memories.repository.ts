import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MEMORY_COLUMNS, MEMORY_TABLES, READABLE, type MemoryRecord } from './memory.mapper.js';

export interface ListFilter {
  readonly containerTag?: string;
  readonly category?: string;
  readonly source?: string;
  readonly includeArchived: boolean;
}

/**
 * The sort key of a row. Microseconds since 1970, since PostgreSQL keeps them and a JavaScript
 * date would skip or repeat rows written in one millisecond.
 */
export type ListKey = [pinned: boolean, createdMicros: number, id: string];

export type ListedRecord = MemoryRecord & { readonly created_micros: string };

/** What its owner may change, metadata only on what was not synced; undefined stays. */
export interface MemoryChanges {
  readonly importance?: number;
  readonly category?: string;
  readonly metadata?: Record<string, unknown>;
  readonly pinned?: boolean;
  readonly archived?: boolean;
}

/** A memory that is about to leave, with what its document needs to keep it away. */
export interface Removable {
  readonly id: string;
  readonly text_hash: string;
  readonly pinned: boolean;
  readonly collection_id: string;
  readonly provider: string | null;
  readonly account_id: string | null;
  readonly external_id: string | null;
}

const NOT_EXPIRED = `(m.expires_at is null or m.expires_at > now())`;
const CREATED_MICROS = `(extract(epoch from m.created_at) * 1000000)::bigint`;
const KEY_TIME = `timestamptz 'epoch' + $9::bigint * interval '1 microsecond'`;

/** The memories table as its owner reads and changes it. */
@Injectable()
export class MemoriesRepository {
  async find(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    id: string,
  ): Promise<MemoryRecord | undefined> {
    const rows = await tx.query<MemoryRecord[]>(
      `select ${MEMORY_COLUMNS} from ${MEMORY_TABLES}
       where m.tenant_id = $1 and m.collection_id = $2 and m.id = $3 and ${READABLE}`,
      [tenant, collectionId, id],
    );
    return rows[0];
  }

  /** Pinned first, then newest. */
  async list(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    filter: ListFilter,
    page: { limit: number; offset: number; after?: ListKey },
  ): Promise<ListedRecord[]> {
    const shown = filter.includeArchived ? `m.is_latest and ${READABLE}` : 'm.visible';
    const parameters: unknown[] = [
      tenant,
      collectionId,
      filter.containerTag ?? null,
      filter.category ?? null,
      filter.source ?? null,
      page.limit,
      page.after ? 0 : page.offset,
    ];
    if (page.after) parameters.push(page.after[2], page.after[1]);
    return tx.query<ListedRecord[]>(
      `select ${MEMORY_COLUMNS}, ${CREATED_MICROS} as created_micros from ${MEMORY_TABLES}
       where m.tenant_id = $1 and m.collection_id = $2 and ${shown} and ${NOT_EXPIRED}
         and ($3::text is null or m.container_tag = $3)
         and ($4::text is null or m.category = $4)
         and ($5::text is null or m.source = $5)
         ${page.after ? follows(page.after[0]) : ''}
       order by m.pinned desc, m.created_at desc, m.id limit $6 offset $7`,
      parameters,
    );
  }

  /**
   * `visible` follows from the row and the state of its document, which is locked first: an update
   * that had to wait looks again at the row it changes, but not at those it joins
   * (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
   */
  async change(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    id: string,
    changes: MemoryChanges,
  ): Promise<MemoryRecord | undefined> {
    await tx.query(
      `select from documents d join memories m on m.document_id = d.id
       where m.tenant_id = $1 and m.collection_id = $2 and m.id = $3 for share of d`,
      [tenant, collectionId, id],
    );
    const rows = await tx.query<MemoryRecord[]>(
      `with changed as (
         update memories m set
           importance = coalesce($4, m.importance), category = coalesce($5, m.category),
           metadata = coalesce($6::jsonb, m.metadata), pinned = coalesce($7, m.pinned),
           archived = coalesce($8, m.archived),
           visible = m.is_latest and not coalesce($8, m.archived), updated_at = now()
         from memories self left join documents d on d.id = self.document_id
         where m.id = self.id and m.tenant_id = $1 and m.collection_id = $2 and m.id = $3
           and ${READABLE}
         returning m.*
       )
       select ${MEMORY_COLUMNS} from ${MEMORY_TABLES.replace('memories', 'changed')}`,
      [
        tenant,
        collectionId,
        id,
        changes.importance ?? null,
        changes.category ?? null,
        changes.metadata === undefined ? null : JSON.stringify(changes.metadata),
        changes.pinned ?? null,
        changes.archived ?? null,
      ],
    );
    return rows[0];
  }

  /** Gives a memory to another collection, unless its text has changed meanwhile. */
  async changeCollection(
    tx: EntityManager,
    tenant: string,
    memory: { id: string; text: string },
    fromCollectionId: string,
    toCollectionId: string,
  ): Promise<boolean> {
    const [, moved] = await tx.query<[unknown[], number]>(
      `update memories set collection_id = $4, updated_at = now()
       where tenant_id = $1 and collection_id = $2 and id = $3 and text = $5`,
      [tenant, fromCollectionId, memory.id, toCollectionId, memory.text],
    );
    return moved === 1;
  }

  /**
   * Locks memories, in the order of their ids, so that two deletions cannot block each other, and
   * their documents before them, so that a sync that is about to write these waits and then sees
   * what was noted, or has written before. A memory that comes in between the two is left alone.
   */
  async lockForRemoval(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    ids: readonly string[],
  ): Promise<Removable[]> {
    const documents = await tx.query<{ id: string }[]>(
      `select d.id from documents d where d.id in (
         select m.document_id from memories m
         where m.tenant_id = $1 and m.collection_id = $2 and m.id = any($3::uuid[]))
       order by d.id for update`,
      [tenant, collectionId, ids],
    );
    return tx.query<Removable[]>(
      `select m.id, m.text_hash, m.pinned, m.collection_id, d.provider, d.account_id, d.external_id
       from memories m left join documents d on d.id = m.document_id
       where m.tenant_id = $1 and m.collection_id = $2 and m.id = any($3::uuid[]) and ${READABLE}
         and (m.document_id is null or m.document_id = any($4::uuid[]))
       order by m.id for update of m`,
      [tenant, collectionId, ids, documents.map(({ id }) => id)],
    );
  }

  /** Notes synced texts that were deleted here, so that no sync of the collection brings them back. */
  async suppress(
    tx: EntityManager,
    tenant: string,
    suppressions: readonly (Removable & { readonly suppressionId: string })[],
  ): Promise<void> {
    if (suppressions.length === 0) return;
    await tx.query(
      `insert into suppressions (id, tenant_id, provider, account_id, collection_id, external_id,
         text_hash)
       select s."suppressionId", $1, s.provider, s.account_id, s.collection_id, s.external_id,
         s.text_hash
       from json_to_recordset($2::json) as s("suppressionId" uuid, provider text,
         account_id text, collection_id uuid, external_id text, text_hash text)
       on conflict do nothing`,
      [tenant, JSON.stringify(suppressions)],
    );
  }

  /** The caller takes them out of the index first: term statistics leave with the words. */
  async remove(tx: EntityManager, tenant: string, ids: readonly string[]): Promise<void> {
    await tx.query(`delete from memories where tenant_id = $1 and id = any($2::uuid[])`, [
      tenant,
      ids,
    ]);
  }
}

/** Rows behind a key; written so that the list's index can start at it. */
function follows(pinned: boolean): string {
  const later = `(m.created_at < ${KEY_TIME} or (m.created_at = ${KEY_TIME} and m.id > $8))`;
  return pinned
    ? `and (not m.pinned or ${later})`
    : `and not m.pinned and m.created_at <= ${KEY_TIME} and ${later}`;
}
