import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { intArray, uuidArray } from '../binary-arrays.js';

/** A memory whose point may be out of date. */
export interface Mark {
  readonly memory_id: string;
  readonly space_id: number;
  readonly generation: string;
  readonly attempts: number;
  /** End of the claim, as PostgreSQL writes it: tells it from a later one. */
  readonly claimed_until: string;
}

/**
 * Longer than what is done with claimed marks takes in all but the worst case; who is slower finds
 * that it lost its claim, and marks anew what it wrote.
 */
const CLAIM_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 3600;
/** 2 to the power of it is longer than the longest pause, and a number that PostgreSQL can make. */
const MOST_DOUBLINGS = 12;
/** How long points wait for a collection that Qdrant does not make. */
const POSTPONED_SECONDS = 30;

/**
 * API processes leave marks to the workers until they have been overdue for so long: there may be
 * no worker, or too few.
 */
export const LEFT_BY_WORKERS_SECONDS = 30;
/** A mark that was refused so often is not waited for, as long as there are not more of them. */
export const REFUSED_AFTER = 3;
export const REFUSED_AT_MOST = 100;

const APPLIED = `unnest($1::uuid[], $2::int[], $3::bigint[])`;
const CLAIMED = `unnest($1::uuid[], $2::int[], $3::bigint[], $4::timestamptz[])`;

/**
 * Statements over many marks are planned each time: the outbox is mostly empty, and a plan that a
 * session made then and kept reads all of it for every mark once it is full.
 */
@Injectable()
export class OutboxRepository {
  /**
   * The oldest marks that nobody works on; for half a minute they are the caller's.
   * @param leftFor seconds that they are overdue at least
   */
  async claim(tx: EntityManager, limit: number, leftFor = 0): Promise<Mark[]> {
    // In an array the marks are looked for once. As a table to join they may be looked for again
    // for every row of the outbox, where the planner takes it to be empty, and then the limit
    // holds for none of them.
    const [marks] = await tx.query<[Mark[], number]>(
      `update outbox o set error = null,
         due_at = now() + make_interval(secs => ${CLAIM_SECONDS})
       where ctid = any(array(
         select ctid from outbox where due_at <= now() - make_interval(secs => $2)
         order by generation limit $1 for update skip locked))
       returning o.memory_id, o.space_id, o.generation, o.attempts,
         o.due_at::text as claimed_until`,
      [limit, leftFor],
    );
    return marks;
  }

  /** Clears marks that were applied; those that were renewed on the way are due again. */
  async clear(tx: EntityManager, marks: readonly Mark[]): Promise<void> {
    const [cleared] = await tx.query<[Pick<Mark, 'memory_id' | 'space_id'>[], number]>(
      `delete from outbox o using ${APPLIED} as a(memory_id, space_id, generation)
       where o.memory_id = a.memory_id and o.space_id = a.space_id
         and o.generation = a.generation
       returning o.memory_id, o.space_id`,
      keysOf(marks),
    );
    if (cleared.length === marks.length) return;
    const gone = new Set(cleared.map(keyOf));
    // Statements of their own: the deletion may have waited for whoever renewed a mark, and what
    // they wrote shows to later statements only.
    await this.giveBack(
      tx,
      marks.filter((mark) => !gone.has(keyOf(mark))),
    );
  }

  /**
   * Gives claimed marks back. Of a claim that was lost, somebody else's point may have been
   * overwritten by an older one since: what is not marked any more is marked anew.
   * @param error why nothing came of the claim, where something failed
   */
  async giveBack(
    tx: EntityManager,
    marks: readonly Mark[],
    error: string | null = null,
  ): Promise<void> {
    const keys = keysOf(marks);
    await tx.query(
      `update outbox o set due_at = now(), error = $5,
         attempts = case when o.generation = u.generation then o.attempts else 0 end
       from ${CLAIMED} as u(memory_id, space_id, generation, claimed_until)
       where o.memory_id = u.memory_id and o.space_id = u.space_id
         and o.due_at = u.claimed_until`,
      [...keys, marks.map((mark) => mark.claimed_until), error],
    );
    await tx.query(
      `insert into outbox (memory_id, space_id, collection_id, generation)
       select u.memory_id, u.space_id, (select v.collection_id from point_vectors v
           where v.memory_id = u.memory_id and v.space_id = u.space_id limit 1),
         nextval('outbox_generation')
       from ${APPLIED} as u(memory_id, space_id, generation)
       order by u.memory_id, u.space_id
       on conflict (memory_id, space_id) do nothing`,
      keys,
    );
  }

  /**
   * Notes that the point of a mark cannot be written; it is tried again, ever more rarely, and at
   * once when the row is another.
   */
  async refuse(tx: EntityManager, mark: Mark, error: string): Promise<void> {
    const refused = await runPrepared(
      tx,
      `update outbox set attempts = attempts + 1, error = $4,
         due_at = now() + make_interval(secs => least(${LONGEST_PAUSE_SECONDS},
           2 ^ least(attempts, ${MOST_DOUBLINGS})))
       where memory_id = $1 and space_id = $2 and generation = $3 returning 1`,
      [mark.memory_id, mark.space_id, mark.generation, error],
    );
    if (refused.length === 0) await this.giveBack(tx, [mark]);
  }

  /** Has claimed marks wait for what is not up to their points. */
  async postpone(tx: EntityManager, marks: readonly Mark[], error: string): Promise<void> {
    await tx.query(
      `update outbox o set error = $5, due_at = now() + make_interval(secs => ${POSTPONED_SECONDS})
       from ${CLAIMED} as u(memory_id, space_id, generation, claimed_until)
       where o.memory_id = u.memory_id and o.space_id = u.space_id
         and o.due_at = u.claimed_until`,
      [...keysOf(marks), marks.map((mark) => mark.claimed_until), error],
    );
  }

  /** Marks memories whose points were found to differ from their rows. */
  async mark(tx: EntityManager, space: number, memoryIds: readonly string[]): Promise<void> {
    await tx.query(
      `insert into outbox (memory_id, space_id, collection_id, generation)
       select id, $2::int, (select collection_id from point_vectors v
           where v.space_id = $2 and v.memory_id = id limit 1), nextval('outbox_generation')
       from unnest($1::uuid[]) as id order by id
       on conflict (memory_id, space_id) do update set generation = excluded.generation`,
      [memoryIds, space],
    );
  }

  /** Those of these memories that are marked. */
  async marked(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Set<string>> {
    const rows = await tx.query<{ id: string }[]>(
      `select memory_id as id from outbox where space_id = $1 and memory_id = any($2::uuid[])`,
      [space, memoryIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** How many marks there are, counted up to `limit`. */
  async count(tx: EntityManager, limit: number): Promise<number> {
    const [row] = await runPrepared<{ marks: number }>(
      tx,
      `select count(*)::int as marks from (select from outbox limit $1) counted`,
      [limit],
    );
    return row!.marks;
  }

  /** The same without those that wait because Qdrant does not take them. */
  async countUnderWay(tx: EntityManager, limit: number): Promise<number> {
    const [row] = await runPrepared<{ marks: number }>(
      tx,
      `select count(*)::int as marks from (
         select from outbox where error is null or due_at <= now() limit $1) counted`,
      [limit],
    );
    return row!.marks;
  }

  /** Why some point of a collection could not be written; null where none has failed. */
  async errorOf(tx: EntityManager, space: number, collectionId: string): Promise<string | null> {
    const [row] = await tx.query<{ error: string }[]>(
      `select error from outbox
       where collection_id = $1 and space_id = $2 and error is not null limit 1`,
      [collectionId, space],
    );
    return row?.error ?? null;
  }
}

function keyOf({ memory_id, space_id }: Pick<Mark, 'memory_id' | 'space_id'>): string {
  return `${space_id} ${memory_id}`;
}

function keysOf(marks: readonly Mark[]): [Buffer, Buffer, string[]] {
  return [
    uuidArray(marks.map((mark) => mark.memory_id)),
    intArray(marks.map((mark) => mark.space_id)),
    marks.map((mark) => mark.generation),
  ];
}
