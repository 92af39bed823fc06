import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../database/prepared-statement.js';
import {
  MEMORY_COLUMNS,
  MEMORY_TABLES,
  READABLE,
  type MemoryRecord,
} from '../memories/memory.mapper.js';
import type { Boostable } from './boosts.js';

/** A collection to search, with the space that its vectors are in. */
export interface SearchedCollection {
  readonly id: string;
  readonly name: string;
  readonly space_id: number;
  readonly model: string;
  readonly dimensions: number;
  readonly score_low: number;
}

export interface HitRecord extends MemoryRecord, Boostable {
  /** Of the document, for synced memories. */
  readonly synced_at: Date | null;
}

export interface NeighbourRecord {
  readonly hit_id: string;
  readonly id: string;
  readonly text: string;
  readonly is_before: boolean;
}

/** What a search shows, whatever an index still holds. */
const shown = (memory: string): string =>
  `${memory}.visible and (${memory}.expires_at is null or ${memory}.expires_at > now())`;

const TIME = 'coalesce(m.source_updated_at, m.created_at)';

/**
 * Rows by primary key first: beside `visible`, the planner takes the whole list of the collection
 * to be the shorter way.
 */
const WANTED = `with wanted as materialized (select * from memories where id = any($3::uuid[]))`;

@Injectable()
export class SearchRepository {
  /** The tenant's collections by name, or those of these names. */
  collections(
    tx: EntityManager,
    tenant: string,
    names: readonly string[] | null,
  ): Promise<SearchedCollection[]> {
    // Two statements: a plan for both questions reads all collections to find one by its name.
    const named = names === null ? '' : 'and c.name = any($2::text[])';
    return runPrepared(
      tx,
      `select c.id, c.name, c.space_id, s.model, s.dimensions, s.score_lo as score_low
       from collections c join embedding_spaces s on s.id = c.space_id
       where c.tenant_id = $1 ${named} order by c.name`,
      names === null ? [tenant] : [tenant, names],
    );
  }

  /**
   * What ranks memories, by id; what is hidden, expired or no longer in these collections is left
   * out.
   */
  async standings(
    tx: EntityManager,
    tenant: string,
    collectionIds: readonly string[],
    ids: readonly string[],
  ): Promise<Map<string, Boostable>> {
    const rows = await runPrepared<Boostable & { id: string }>(
      tx,
      `${WANTED} select m.id, m.importance, ${TIME} as time from wanted m
       where m.tenant_id = $1 and m.collection_id = any($2::uuid[]) and ${shown('m')}`,
      [tenant, collectionIds, ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Memories as hits show them, by id; leaves out what `standings` leaves out. */
  async hits(
    tx: EntityManager,
    tenant: string,
    collectionIds: readonly string[],
    ids: readonly string[],
  ): Promise<Map<string, HitRecord>> {
    const rows = await runPrepared<HitRecord>(
      tx,
      `${WANTED} select ${MEMORY_COLUMNS}, ${TIME} as time, d.synced_at
       from ${MEMORY_TABLES.replace('memories', 'wanted')}
       where m.tenant_id = $1 and m.collection_id = any($2::uuid[]) and ${shown('m')}`,
      [tenant, collectionIds, ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** The visible chunks, at most `count`, on each side of each hit, in the document's order. */
  neighbours(
    tx: EntityManager,
    tenant: string,
    hitIds: readonly string[],
    count: number,
  ): Promise<NeighbourRecord[]> {
    const side = (comparison: '<' | '>', direction: 'asc' | 'desc'): string => `
      (select m.id, m.text, m.ordinal from memories m
       where m.document_id = h.document_id and (m.ordinal, m.id) ${comparison} (h.ordinal, h.id)
         and ${shown('m')}
       order by m.ordinal ${direction}, m.id ${direction} limit $3)`;
    return runPrepared(
      tx,
      `select h.id as hit_id, n.id, n.text, n.is_before from memories h
       cross join lateral (
         select *, true as is_before from ${side('<', 'desc')} b
         union all select *, false from ${side('>', 'asc')} a) n
       where h.tenant_id = $1 and h.id = any($2::uuid[]) and h.document_id is not null
       order by n.ordinal, n.id`,
      [tenant, hitIds, count],
    );
  }

  /** The text of a memory of that collection, whether a search would show it or not. */
  async findText(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    id: string,
  ): Promise<string | undefined> {
    const rows = await runPrepared<{ text: string }>(
      tx,
      `select m.text from memories m left join documents d on d.id = m.document_id
       where m.tenant_id = $1 and m.collection_id = $2 and m.id = $3 and ${READABLE}`,
      [tenant, collectionId, id],
    );
    return rows[0]?.text;
  }
}
