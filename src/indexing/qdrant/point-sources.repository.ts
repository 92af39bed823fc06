import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { uuidArray } from '../binary-arrays.js';
import { REFUSED_AFTER, REFUSED_AT_MOST } from '../outbox/outbox.repository.js';
import { shownMetadata } from '../rows/memory-conditions.js';
import type { PointSource } from './point.js';
import type { ScoredSource } from './score-sources.js';

const COLUMNS = `v.memory_id, m.tenant_id, v.collection_id, v.embedding, w.terms, w.weights,
  m.container_tag, m.category, m.source, m.author, m.container, d.connection_id,
  ${shownMetadata()} as metadata, m.visible and m.is_latest and not m.archived as visible,
  coalesce(m.source_updated_at, m.created_at) as time, m.expires_at`;

const TABLES = `point_vectors v
  join memories m on m.id = v.memory_id
  left join point_words w on w.memory_id = v.memory_id
  left join documents d on d.id = m.document_id`;

/** Memories that are marked, and of those that have a vector what their points will be made of. */
export interface MarkedSources {
  readonly ids: readonly string[];
  readonly sources: readonly PointSource[];
}

/** Reads the rows that points are made of. */
@Injectable()
export class PointSourcesRepository {
  /** Those of these memories that have a vector in the space. */
  byIds(tx: EntityManager, space: number, memoryIds: readonly string[]): Promise<PointSource[]> {
    return runPrepared<PointSource & Record<string, unknown>>(
      tx,
      `select ${COLUMNS} from ${TABLES}
       where v.space_id = $1 and v.memory_id = any($2::uuid[])`,
      [space, uuidArray(memoryIds)],
    );
  }

  /** What these memories are scored by, of those that have a vector in the space. */
  scored(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<(ScoredSource & Record<string, unknown>)[]> {
    return runPrepared(
      tx,
      `select v.memory_id, v.embedding, w.terms, w.weights
       from point_vectors v left join point_words w on w.memory_id = v.memory_id
       where v.space_id = $1 and v.memory_id = any($2::uuid[])`,
      [space, uuidArray(memoryIds)],
    );
  }

  /** A page of a space's memories by ascending id. */
  page(tx: EntityManager, space: number, after: string, limit: number): Promise<PointSource[]> {
    return runPrepared<PointSource & Record<string, unknown>>(
      tx,
      `select ${COLUMNS} from ${TABLES}
       where v.space_id = $1 and v.memory_id > $2 order by v.memory_id limit $3`,
      [space, after, limit],
    );
  }

  /** Those of these memories that are there and have a vector in the space. */
  async idsAmong(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Set<string>> {
    const rows = await tx.query<{ id: string }[]>(
      `select v.memory_id as id from point_vectors v join memories m on m.id = v.memory_id
       where v.space_id = $1 and v.memory_id = any($2::uuid[])`,
      [space, memoryIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Whether points of a collection are still to be written, other than a few refused ones, or were
   * written to a collection of Qdrant that is lost.
   */
  async isPending(tx: EntityManager, space: number, collectionId: string): Promise<boolean> {
    const marks = `from outbox where collection_id = $1 and space_id = $2 and attempts`;
    const [row] = await tx.query<{ pending: boolean }[]>(
      `select exists (select ${marks} < ${REFUSED_AFTER})
         or exists (select ${marks} >= ${REFUSED_AFTER} offset ${REFUSED_AT_MOST})
         or exists (select from index_versions where space_id = $2 and (lost or not made))
         as pending`,
      [collectionId, space],
    );
    return row!.pending;
  }

  /**
   * The memories of these collections that are marked, with what their points will be made of.
   * @returns null where there are more than `limit`
   */
  async pending(
    tx: EntityManager,
    space: number,
    collectionIds: readonly string[],
    limit: number,
  ): Promise<MarkedSources | null> {
    const marks = await runPrepared<{ memory_id: string }>(
      tx,
      `select memory_id from outbox
       where collection_id = any($1::uuid[]) and space_id = $2 limit $3`,
      [uuidArray(collectionIds), space, limit + 1],
    );
    if (marks.length > limit) return null;
    const ids = marks.map(({ memory_id }) => memory_id);
    return { ids, sources: ids.length === 0 ? [] : await this.byIds(tx, space, ids) };
  }
}
