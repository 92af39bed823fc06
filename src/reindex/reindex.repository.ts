import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface ReindexedCollection {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly spaceId: number;
  readonly nextSpaceId: number | null;
}

@Injectable()
export class ReindexRepository {
  /** Locks a collection: nobody writes to it or starts a reindex until the transaction ends. */
  async lock(
    tx: EntityManager,
    tenant: string,
    id: string,
  ): Promise<ReindexedCollection | undefined> {
    const rows = await tx.query<ReindexedCollection[]>(
      `select c.id, c.name, s.model, c.space_id as "spaceId", c.next_space_id as "nextSpaceId"
       from collections c join embedding_spaces s on s.id = c.space_id
       where c.tenant_id = $1 and c.id = $2 for update of c`,
      [tenant, id],
    );
    return rows[0];
  }

  /** The space that a reindex fills; null: none. */
  async setNextSpace(
    tx: EntityManager,
    tenant: string,
    id: string,
    space: number | null,
  ): Promise<void> {
    await tx.query(`update collections set next_space_id = $3 where tenant_id = $1 and id = $2`, [
      tenant,
      id,
      space,
    ]);
  }

  /** From now on searches and writes use the space that was filled. */
  async swap(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.query(
      `update collections set space_id = next_space_id, next_space_id = null, updated_at = now()
       where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
  }

  /** The spaces in which the collection needs vectors; they stay so until the transaction ends. */
  async spaces(tx: EntityManager, tenant: string, id: string): Promise<number[]> {
    const rows = await tx.query<{ space: number; next: number | null }[]>(
      `select space_id as space, next_space_id as next from collections
       where tenant_id = $1 and id = $2 for key share`,
      [tenant, id],
    );
    return rows.flatMap(({ space, next }) => (next === null ? [space] : [space, next]));
  }

  async jobUnderWay(
    tx: EntityManager,
    tenant: string,
    kind: string,
    collectionId: string,
  ): Promise<{ id: string; model: string | null } | undefined> {
    const rows = await tx.query<{ id: string; model: string | null }[]>(
      `select id, params->>'model' as model from jobs
       where tenant_id = $1 and kind = $2 and params->>'collection_id' = $3
         and state in ('queued', 'running')`,
      [tenant, kind, collectionId],
    );
    return rows[0];
  }
}
