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
}

/** Longer than all that is done with claimed marks may take. */
const CLAIM_SECONDS = 30;
const LONGEST_PAUSE_SECONDS = 3600;

const APPLIED = `unnest($1::uuid[], $2::int[], $3::bigint[])`;

@Injectable()
export class OutboxRepository {
  /** The oldest marks that nobody works on; for half a minute they are the caller's. */
  claim(tx: EntityManager, limit: number): Promise<Mark[]> {
    return runPrepared<Mark & Record<string, unknown>>(
      tx,
      `update outbox o set error = null,
         due_at = now() + make_interval(secs => ${CLAIM_SECONDS})
       from (select memory_id, space_id from outbox where due_at <= now()
             order by generation limit $1 for update skip locked) c
       where o.memory_id = c.memory_id and o.space_id = c.space_id
       returning o.memory_id, o.space_id, o.generation, o.attempts`,
      [limit],
    );
  }

  /** Clears marks that were applied; those that were renewed on the way are due again. */
  async clear(tx: EntityManager, marks: readonly Mark[]): Promise<void> {
    const cleared = await runPrepared(
      tx,
      `delete from outbox o using ${APPLIED} as a(memory_id, space_id, generation)
       where o.memory_id = a.memory_id and o.space_id = a.space_id
         and o.generation = a.generation
       returning 1`,
      keysOf(marks),
    );
    if (cleared.length === marks.length) return;
    // A statement of its own: the deletion may have waited for whoever renewed a mark, and what
    // they wrote shows to later statements only.
    await runPrepared(
      tx,
      `update outbox o set due_at = now(), attempts = 0
       from ${APPLIED} as a(memory_id, space_id, generation)
       where o.memory_id = a.memory_id and o.space_id = a.space_id
         and o.generation <> a.generation`,
      keysOf(marks),
    );
  }

  /** Gives claimed marks back untried. */
  async release(tx: EntityManager, marks: readonly Mark[]): Promise<void> {
    await runPrepared(
      tx,
      `update outbox o set due_at = now()
       from unnest($1::uuid[], $2::int[]) as u(memory_id, space_id)
       where o.memory_id = u.memory_id and o.space_id = u.space_id`,
      keysOf(marks).slice(0, 2),
    );
  }

  /** Notes that a mark cannot be applied; it is tried again, ever more rarely. */
  async refuse(tx: EntityManager, mark: Mark, error: string): Promise<void> {
    await runPrepared(
      tx,
      `update outbox set attempts = attempts + 1, error = $3,
         due_at = now() + make_interval(secs => least(${LONGEST_PAUSE_SECONDS}, 2 ^ attempts))
       where memory_id = $1 and space_id = $2`,
      [mark.memory_id, mark.space_id, error],
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
}

function keysOf(marks: readonly Mark[]): [Buffer, Buffer, string[]] {
  return [
    uuidArray(marks.map((mark) => mark.memory_id)),
    intArray(marks.map((mark) => mark.space_id)),
    marks.map((mark) => mark.generation),
  ];
}
