import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CategoryCount, DigestMemory } from './digest/profile.js';
import type { EdgeKind } from './edge.entity.js';
import { MEMORY_COLUMNS, MEMORY_TABLES, READABLE, type MemoryRecord } from './memory.mapper.js';

export interface CategoryHealth {
  readonly category: string;
  readonly total: number;
  readonly stale: number;
  readonly expired: number;
}

export interface Supersession {
  readonly current_id: string;
  readonly superseded_id: string;
  readonly reason: string | null;
  readonly created_at: Date;
}

const SUPERSEDES: EdgeKind = 'supersedes';
const EXPIRED = `coalesce(m.expires_at <= now(), false)`;
const SHOWN = `m.visible and not ${EXPIRED}`;
/** $3 = days. */
const STALE = `${SHOWN} and not m.pinned and m.updated_at < now() - make_interval(days => $3::int)`;

/** Questions about a whole collection. */
@Injectable()
export class CurationRepository {
  async countStale(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    days: number,
  ): Promise<number> {
    const [row] = await tx.query<[{ n: number }]>(
      `select count(*)::int as n from memories m
       where m.tenant_id = $1 and m.collection_id = $2 and ${STALE}`,
      [tenant, collectionId, days],
    );
    return row.n;
  }

  /**
   * Archives up to `limit` stale memories and answers how many. Their documents are locked first,
   * so that a sync that is about to write these does so before, or hands on what was set.
   */
  async archiveStale(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    days: number,
    limit: number,
  ): Promise<number> {
    const documents = await tx.query<{ id: string }[]>(
      `select d.id from documents d where d.id in (
         select m.document_id from memories m
         where m.tenant_id = $1 and m.collection_id = $2 and ${STALE}
         order by m.id limit $4)
       order by d.id for share`,
      [tenant, collectionId, days, limit],
    );
    const [, archived] = await tx.query<[unknown[], number]>(
      `update memories set archived = true, visible = false, updated_at = now()
       where id in (
         select m.id from memories m
         where m.tenant_id = $1 and m.collection_id = $2 and ${STALE}
           and (m.document_id is null or m.document_id = any($5::uuid[]))
         order by m.id limit $4 for update)`,
      [tenant, collectionId, days, limit, documents.map(({ id }) => id)],
    );
    return archived;
  }

  async health(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    staleDays: number,
  ): Promise<CategoryHealth[]> {
    return tx.query<CategoryHealth[]>(
      `select m.category, count(*)::int as total,
         (count(*) filter (where ${STALE}))::int as stale,
         (count(*) filter (where ${EXPIRED}))::int as expired
       from memories m left join documents d on d.id = m.document_id
       where m.tenant_id = $1 and m.collection_id = $2 and ${READABLE}
       group by m.category order by total desc, m.category`,
      [tenant, collectionId, staleDays],
    );
  }

  async countSupersessions(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
  ): Promise<number> {
    const [row] = await tx.query<[{ n: number }]>(
      `select count(*)::int as n from edges e join memories m on m.id = e.from_id
       where m.tenant_id = $1 and m.collection_id = $2 and e.kind = $3`,
      [tenant, collectionId, SUPERSEDES],
    );
    return row.n;
  }

  /** Newest first. */
  async supersessions(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    limit: number,
  ): Promise<Supersession[]> {
    return tx.query<Supersession[]>(
      `select e.from_id as current_id, e.to_id as superseded_id, e.reason, e.created_at
       from edges e join memories m on m.id = e.from_id
       where m.tenant_id = $1 and m.collection_id = $2 and e.kind = $3
       order by e.created_at desc, e.from_id, e.to_id limit $4`,
      [tenant, collectionId, SUPERSEDES, limit],
    );
  }

  /** By id, in any collection of the tenant: one half of a pair may have been moved. */
  async byIds(
    tx: EntityManager,
    tenant: string,
    ids: readonly string[],
  ): Promise<Map<string, MemoryRecord>> {
    const rows = await tx.query<MemoryRecord[]>(
      `select ${MEMORY_COLUMNS} from ${MEMORY_TABLES}
       where m.tenant_id = $1 and m.id = any($2::uuid[]) and ${READABLE}`,
      [tenant, ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  async categories(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    containerTag?: string,
  ): Promise<CategoryCount[]> {
    return tx.query<CategoryCount[]>(
      `select m.category, count(*)::int as memories from memories m
       where m.tenant_id = $1 and m.collection_id = $2 and ${SHOWN}
         and ($3::text is null or m.container_tag = $3)
       group by m.category`,
      [tenant, collectionId, containerTag ?? null],
    );
  }

  /** The pinned, then most important, then newest memories. */
  async best(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    limit: number,
    containerTag?: string,
  ): Promise<DigestMemory[]> {
    return tx.query<DigestMemory[]>(
      `select m.text, m.category, m.pinned, m.importance from memories m
       where m.tenant_id = $1 and m.collection_id = $2 and ${SHOWN}
         and ($3::text is null or m.container_tag = $3)
       order by m.pinned desc, m.importance desc, m.created_at desc, m.id limit $4`,
      [tenant, collectionId, containerTag ?? null, limit],
    );
  }
}
