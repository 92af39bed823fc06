import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { intArray, uuidArray } from '../binary-arrays.js';
import type { StatisticsDelta } from './statistics-delta.js';

/** Far below the second after which PostgreSQL ends one transaction of a deadlock, anyone's. */
const LOCK_WAIT_MS = 100;

/** What BM25 needs to know about the collections in scope. */
export interface TermStatistics {
  /** Documents of all collections together, as far as they are folded in. */
  readonly documents: number;
  /** Documents with the term, by term id; terms that occur nowhere are absent. */
  readonly frequencies: ReadonlyMap<number, number>;
  /** Writes whose counts are not folded in yet. */
  readonly pending: readonly PendingDeltas[];
}

export interface PendingDeltas {
  readonly collectionId: string;
  /** Documents written and removed by them. */
  readonly documents: number;
}

/**
 * Term statistics of collections. A write appends one row of counts, so that writers never wait
 * for each other's row of a common word; `fold` adds these rows up later.
 */
@Injectable()
export class TermStatisticsRepository {
  /**
   * @param settings of the rest of the transaction; they ride along, which saves a round trip
   */
  async read(
    tx: EntityManager,
    collectionIds: readonly string[],
    terms: readonly number[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<TermStatistics> {
    const rows = await runPrepared<{
      kind: 'setting' | 'total' | 'term' | 'pending';
      key: string | null;
      documents: string;
    }>(
      tx,
      `select 'setting' as kind, name as key, set_config(name, value, true) as documents
       from unnest($3::text[], $4::text[]) as setting (name, value)
       union all
       select 'total', null, coalesce(sum(documents), 0)::text
       from collection_stats where collection_id = any($1::uuid[])
       union all
       select 'term', term::text, sum(documents)::text from term_stats
       where collection_id = any($1::uuid[]) and term = any($2::int[]) group by term
       union all
       select 'pending', collection_id::text, sum(abs(documents))::text from term_deltas
       where collection_id = any($1::uuid[]) group by collection_id`,
      [uuidArray(collectionIds), intArray(terms), Object.keys(settings), Object.values(settings)],
    );
    const frequencies = new Map<number, number>();
    const pending: PendingDeltas[] = [];
    let documents = 0;
    for (const row of rows) {
      if (row.kind === 'setting') continue;
      const count = Number(row.documents);
      if (row.kind === 'total') documents = Math.max(count, 0);
      else if (row.kind === 'term') frequencies.set(Number(row.key), count);
      else pending.push({ collectionId: row.key!, documents: count });
    }
    return { documents, frequencies, pending };
  }

  async append(tx: EntityManager, deltas: readonly StatisticsDelta[]): Promise<void> {
    for (const { collectionId, documents, totalLength, counts } of deltas) {
      await runPrepared(
        tx,
        `insert into term_deltas (collection_id, documents, total_length, terms, counts)
         values ($1, $2, $3, $4, $5)`,
        [
          collectionId,
          documents,
          totalLength,
          intArray([...counts.keys()]),
          intArray([...counts.values()]),
        ],
      );
    }
  }

  /**
   * The frozen average length of each collection; one that has none yet gets the offered one.
   * @param offered by collection id
   */
  async averageLengths(
    tx: EntityManager,
    offered: ReadonlyMap<string, number>,
  ): Promise<Map<string, number>> {
    const averages = new Map<string, number>();
    const known = await runPrepared<{ id: string; average: number }>(
      tx,
      `select collection_id as id, average_length as average from collection_stats
       where collection_id = any($1::uuid[]) and average_length is not null`,
      [uuidArray([...offered.keys()])],
    );
    for (const { id, average } of known) averages.set(id, average);
    // In one order, so that two first writers of the same collections cannot block each other.
    for (const [id, average] of [...offered].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!averages.has(id)) averages.set(id, await this.setFirstAverage(tx, id, average));
    }
    return averages;
  }

  /** Of several first writers at once, one sets it and the others wait and take it over. */
  private async setFirstAverage(tx: EntityManager, id: string, average: number): Promise<number> {
    const rows = await runPrepared<{ average: number }>(
      tx,
      `insert into collection_stats (collection_id, average_length) values ($1, $2)
       on conflict (collection_id) do update
         set average_length = coalesce(collection_stats.average_length, excluded.average_length)
       returning average_length as average`,
      [id, average],
    );
    return rows[0]!.average;
  }

  /**
   * Adds up to `limit` pending rows of a collection to its statistics and deletes them, so each
   * counts once whatever crashes. Of two folders, the one that comes second goes away empty.
   * @returns how many rows were folded
   */
  async fold(tx: EntityManager, collectionId: string, limit: number): Promise<number> {
    await runPrepared(
      tx,
      `insert into collection_stats (collection_id)
       select $1 where exists (select from collections where id = $1)
       on conflict (collection_id) do nothing`,
      [collectionId],
    );
    const mine = await runPrepared(
      tx,
      `select 1 from collection_stats where collection_id = $1 for update skip locked`,
      [collectionId],
    );
    if (mine.length === 0) return 0;
    const rows = await runPrepared<{ folded: number }>(
      tx,
      `with folded as (
         delete from term_deltas where id in (
           select id from term_deltas where collection_id = $1 order by id limit $2)
         returning documents, total_length, terms, counts),
       sums as (
         insert into term_stats (collection_id, term, documents)
         select $1, u.term, sum(u.count) from folded, unnest(terms, counts) as u(term, count)
         group by u.term
         on conflict (collection_id, term) do update
           set documents = term_stats.documents + excluded.documents)
       update collection_stats s
       set documents = s.documents + f.documents, total_length = s.total_length + f.total_length
       from (select count(*)::int as folded, coalesce(sum(documents), 0) as documents,
               coalesce(sum(total_length), 0) as total_length from folded) f
       where s.collection_id = $1
       returning f.folded`,
      [collectionId, limit],
    );
    return rows[0]?.folded ?? 0;
  }

  /** Until the transaction ends nobody counts anything in the collection. */
  async lock(tx: EntityManager, collectionId: string): Promise<void> {
    // Every write appends its counts, which needs the collection to stay.
    await tx.query(`select from collections where id = $1 for update`, [collectionId]);
    await tx.query(`select from collection_stats where collection_id = $1 for update`, [
      collectionId,
    ]);
  }

  /** All statistics of a locked collection, counted anew; the frozen average length stays. */
  async replace(
    tx: EntityManager,
    collectionId: string,
    counted: {
      readonly documents: number;
      readonly totalLength: number;
      readonly counts: ReadonlyMap<number, number>;
    },
  ): Promise<void> {
    const { documents, totalLength, counts } = counted;
    await tx.query(`delete from term_deltas where collection_id = $1`, [collectionId]);
    await tx.query(`delete from term_stats where collection_id = $1`, [collectionId]);
    await tx.query(
      `insert into term_stats (collection_id, term, documents)
       select $1, u.term, u.count from unnest($2::int[], $3::int[]) as u(term, count)`,
      [collectionId, intArray([...counts.keys()]), intArray([...counts.values()])],
    );
    await tx.query(
      `insert into collection_stats (collection_id, documents, total_length)
       select id, $2, $3 from collections where id = $1
       on conflict (collection_id) do update
         set documents = excluded.documents, total_length = excluded.total_length`,
      [collectionId, documents, totalLength],
    );
  }

  /** Collections with writes that nobody has folded, e.g. because the writer died. */
  async unfolded(tx: EntityManager): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `select distinct collection_id as id from term_deltas`,
    );
    return rows.map(({ id }) => id);
  }

  /** Collections whose true average length is further than `share` from the frozen one. */
  async drifted(tx: EntityManager, share: number): Promise<{ id: string; average: number }[]> {
    return tx.query<{ id: string; average: number }[]>(
      `select collection_id as id, (total_length::float8 / documents)::real as average
       from collection_stats
       where documents > 0 and total_length > 0 and average_length > 0
         and abs(total_length::float8 / documents - average_length) > $1 * average_length`,
      [share],
    );
  }

  /**
   * Until the transaction ends nobody else rewrites the collection's weights, and no statement of
   * it waits long for a lock. It locks rows in another order than those who write them, and
   * must be the one that begins again, not a request
   * (https://www.postgresql.org/docs/current/runtime-config-locks.html).
   * @returns false when somebody else is at it
   */
  async beginRewrite(tx: EntityManager, collectionId: string): Promise<boolean> {
    const [row] = await tx.query<{ mine: boolean }[]>(
      `select set_config('lock_timeout', '${LOCK_WAIT_MS}ms', true),
         pg_try_advisory_xact_lock(hashtextextended('tributary:lengths:' || $1, 0)) as mine`,
      [collectionId],
    );
    return row!.mine;
  }

  async setAverage(tx: EntityManager, collectionId: string, average: number): Promise<void> {
    await tx.query(`update collection_stats set average_length = $2 where collection_id = $1`, [
      collectionId,
      average,
    ]);
  }
}
