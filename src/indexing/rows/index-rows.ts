import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { intArray, uuidArray } from '../binary-arrays.js';
import type { IndexEntry } from '../vector-index.js';

/** A row of `words`, with the average that its weights were made for. */
export interface WordsRow {
  readonly memoryId: string;
  readonly collectionId: string;
  readonly length: number;
  readonly averageLength: number;
  /** Term ids, ascending. */
  readonly terms: readonly number[];
  readonly weights: readonly number[];
}

/**
 * The tables `vectors` and `words`, one statement per table and batch. They have the same keys
 * wherever the index is; a subclass knows how the values are stored.
 */
export abstract class IndexRows {
  /** Idempotent; a memory has at most one vector per space and collection. */
  abstract upsertVectors(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void>;

  /** The stored vectors of some memories; those without one are absent. */
  abstract vectors(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>>;

  /** New weights for rows that are there. */
  abstract updateWeights(tx: EntityManager, rows: readonly WordsRow[]): Promise<void>;

  /** Inserts the rows whose memories have no words yet and answers which these were. */
  protected abstract insertWords(
    tx: EntityManager,
    rows: readonly WordsRow[],
  ): Promise<Set<string>>;

  /** What `toWords` reads, of `words` as `w`. */
  protected abstract readonly storedColumns: string;

  protected abstract toWords(stored: object): WordsRow;

  /** A memory whose collection changed on the way has its old vector under another key. */
  async removeVectorsElsewhere(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void> {
    await runPrepared(
      tx,
      `delete from vectors v using unnest($1::int[], $2::uuid[], $3::uuid[])
         as u(space_id, collection_id, memory_id)
       where v.memory_id = u.memory_id and v.space_id = u.space_id
         and v.collection_id <> u.collection_id`,
      [
        intArray(entries.map((entry) => entry.spaceId)),
        uuidArray(entries.map((entry) => entry.collectionId)),
        uuidArray(entries.map((entry) => entry.memoryId)),
      ],
    );
  }

  /**
   * Nearly all writes are new rows, so these go in without a look at what is there: while a table
   * grows from nothing the planner believes it empty and would scan it whole for each batch.
   * @returns the rows that were there before, for the statistics
   */
  async upsertWords(tx: EntityManager, rows: readonly WordsRow[]): Promise<WordsRow[]> {
    const inserted = await this.insertWords(tx, rows);
    const present = rows.filter((row) => !inserted.has(row.memoryId));
    if (present.length === 0) return [];
    const replaced = await this.removeWords(
      tx,
      present.map((row) => row.memoryId),
    );
    await this.insertWords(tx, present);
    return replaced;
  }

  /** @returns the words that were there, for the statistics */
  async remove(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const ids = uuidArray(memoryIds);
    await runPrepared(tx, `delete from vectors where memory_id = any($1::uuid[])`, [ids]);
    return this.removeWords(tx, memoryIds);
  }

  async moveVectors(
    tx: EntityManager,
    memoryIds: readonly string[],
    toCollection: string,
  ): Promise<void> {
    await runPrepared(
      tx,
      `update vectors set collection_id = $2 where memory_id = any($1::uuid[])`,
      [uuidArray(memoryIds), toCollection],
    );
  }

  /** Locks the rows it finds. */
  async findWords(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const rows = await runPrepared<object>(
      tx,
      `select ${this.storedColumns} from words w where w.memory_id = any($1::uuid[])
       order by w.memory_id for update`,
      [uuidArray(memoryIds)],
    );
    return rows.map((row) => this.toWords(row));
  }

  /** Rows whose weights were made for another average length, locked, by ascending id. */
  async findOutdatedWords(
    tx: EntityManager,
    collectionId: string,
    average: number,
    tolerance: number,
    after: string,
    limit: number,
  ): Promise<WordsRow[]> {
    const rows = await tx.query<object[]>(
      `select ${this.storedColumns} from words w
       where w.collection_id = $1 and w.memory_id > $4
         and abs(w.average_length - $2::real) > $3::real * $2::real
       order by w.memory_id limit $5 for update`,
      [collectionId, average, tolerance, after, limit],
    );
    return rows.map((row) => this.toWords(row));
  }

  private async removeWords(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const removed = await runPrepared<object>(
      tx,
      `delete from words w where w.memory_id = any($1::uuid[]) returning ${this.storedColumns}`,
      [uuidArray(memoryIds)],
    );
    return removed.map((row) => this.toWords(row));
  }
}
