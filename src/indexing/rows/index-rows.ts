import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { intArray, uuidArray } from '../binary-arrays.js';
import { SpaceChanged } from '../space-changed.js';
import type { HeldMemories, VectorEntry } from '../vector-index.js';

/** A row of the words table, with the average that its weights were made for. */
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
 * The tables of vectors and of words, one statement per table and batch. They have the same keys
 * wherever the index is; a subclass knows how the values are stored.
 */
export abstract class IndexRows {
  protected abstract readonly tables: { readonly vectors: string; readonly words: string };

  /** Idempotent; a memory has at most one vector per space and collection. */
  abstract upsertVectors(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void>;

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

  /** How many terms a row of the words table has, as SQL. */
  protected abstract readonly termCount: string;

  /** What `toWords` reads, of the words table as `w`. */
  protected abstract readonly storedColumns: string;

  protected abstract toWords(stored: object): WordsRow;

  /**
   * Until the transaction ends no reindex swaps the space of these collections.
   * @throws SpaceChanged where one has already
   */
  async requireSpaces(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void> {
    const spaces = new Map(entries.map(({ collectionId, spaceId }) => [collectionId, spaceId]));
    const rows = await runPrepared<{ id: string; space: number }>(
      tx,
      `select id, space_id as space from collections where id = any($1::uuid[])
       order by id for key share`,
      [uuidArray([...spaces.keys()])],
    );
    for (const { id, space } of rows) if (spaces.get(id) !== space) throw new SpaceChanged(id);
  }

  /**
   * The same for a search, which locks nothing.
   * @throws SpaceChanged where one of these collections has another space by now
   */
  async requireSpace(
    tx: EntityManager,
    space: number,
    collectionIds: readonly string[],
  ): Promise<void> {
    const [moved] = await runPrepared<{ id: string }>(
      tx,
      `select id from collections where id = any($1::uuid[]) and space_id <> $2 limit 1`,
      [uuidArray(collectionIds), space],
    );
    if (moved) throw new SpaceChanged(moved.id);
  }

  /**
   * Vectors under another key: a memory whose collection changed on the way has one, and so has
   * one whose text was replaced after a reindex had made a vector of it.
   */
  async removeVectorsElsewhere(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void> {
    await runPrepared(
      tx,
      `delete from ${this.tables.vectors} v using unnest($1::int[], $2::uuid[], $3::uuid[])
         as u(space_id, collection_id, memory_id)
       where v.memory_id = u.memory_id
         and (v.space_id <> u.space_id or v.collection_id <> u.collection_id)`,
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
    await runPrepared(tx, `delete from ${this.tables.vectors} where memory_id = any($1::uuid[])`, [
      ids,
    ]);
    return this.removeWords(tx, memoryIds);
  }

  async moveVectors(
    tx: EntityManager,
    memoryIds: readonly string[],
    toCollection: string,
  ): Promise<void> {
    await runPrepared(
      tx,
      `update ${this.tables.vectors} set collection_id = $2 where memory_id = any($1::uuid[])`,
      [uuidArray(memoryIds), toCollection],
    );
  }

  /** Locks the rows it finds. */
  async findWords(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const rows = await runPrepared<object>(
      tx,
      `select ${this.storedColumns} from ${this.tables.words} w where w.memory_id = any($1::uuid[])
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
      `select ${this.storedColumns} from ${this.tables.words} w
       where w.collection_id = $1 and w.memory_id > $4
         and abs(w.average_length - $2::real) > $3::real * $2::real
       order by w.memory_id limit $5 for update`,
      [collectionId, average, tolerance, after, limit],
    );
    return rows.map((row) => this.toWords(row));
  }

  async held(
    tx: EntityManager,
    space: number,
    collectionId: string,
    memoryIds: readonly string[],
  ): Promise<HeldMemories> {
    const rows = await runPrepared<{ id: string; is_vector: boolean }>(
      tx,
      `select memory_id as id, true as is_vector from ${this.tables.vectors}
       where space_id = $1 and collection_id = $2 and memory_id = any($3::uuid[])
       union all select memory_id, false from ${this.tables.words}
       where memory_id = any($3::uuid[])`,
      [space, collectionId, uuidArray(memoryIds)],
    );
    const ids = (vectors: boolean) =>
      new Set(rows.filter((row) => row.is_vector === vectors).map(({ id }) => id));
    return { vectors: ids(true), words: ids(false) };
  }

  async withoutVector(
    tx: EntityManager,
    space: number,
    collectionId: string,
    limit: number,
  ): Promise<string[]> {
    const rows = await runPrepared<{ id: string }>(
      tx,
      `select m.id from memories m where m.collection_id = $2 and not exists (
         select from ${this.tables.vectors} v
         where v.space_id = $1 and v.collection_id = $2 and v.memory_id = m.id)
       limit $3`,
      [space, collectionId, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Memories that are gone and left vectors or words in a collection, up to `limit`. */
  async orphans(tx: EntityManager, collectionId: string, limit: number): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `select held.id from (
         select found.memory_id as id from embedding_spaces s cross join lateral (
           select memory_id from ${this.tables.vectors}
           where space_id = s.id and collection_id = $1) as found
         union select memory_id from ${this.tables.words} where collection_id = $1) as held
       where not exists (select from memories m where m.id = held.id) limit $2`,
      [collectionId, limit],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Collections that are gone and left vectors or words, after that id: from one to the next, so
   * that no row is read that has nothing to tell.
   */
  async collectionsGone(tx: EntityManager, after: string): Promise<string[]> {
    const { vectors, words } = this.tables;
    const rows = await tx.query<{ id: string }[]>(
      `with recursive held (id) as (
         select $1::uuid
         union all select least(
           (select collection_id from ${words} where collection_id > held.id
            order by collection_id limit 1),
           (select next.id from embedding_spaces s cross join lateral (
              select collection_id as id from ${vectors}
              where space_id = s.id and collection_id > held.id
              order by collection_id limit 1) as next
            order by next.id limit 1))
         from held where held.id is not null)
       select held.id from held
       where held.id > $1 and not exists (select from collections c where c.id = held.id)
       order by held.id`,
      [after],
    );
    return rows.map(({ id }) => id);
  }

  /** Vectors of a collection in all spaces but some. */
  async countVectorsOutside(
    tx: EntityManager,
    collectionId: string,
    spaces: readonly number[],
  ): Promise<number> {
    const [row] = await tx.query<{ count: number }[]>(
      `select coalesce(sum(found.count), 0)::int as count
       from embedding_spaces s cross join lateral (
         select count(*) as count from ${this.tables.vectors}
         where space_id = s.id and collection_id = $1) as found
       where s.id <> all ($2::int[])`,
      [collectionId, spaces],
    );
    return row!.count;
  }

  async countBySpace(tx: EntityManager): Promise<Map<number, number>> {
    const rows = await tx.query<{ space: number; count: number }[]>(
      `select space_id as space, count(*)::int as count from ${this.tables.vectors}
       group by space_id`,
    );
    return new Map(rows.map(({ space, count }) => [space, count]));
  }

  /** Words of a collection by ascending memory id. */
  async wordsPage(
    tx: EntityManager,
    collectionId: string,
    after: string,
    limit: number,
  ): Promise<WordsRow[]> {
    const rows = await tx.query<object[]>(
      `select ${this.storedColumns} from ${this.tables.words} w
       where w.collection_id = $1 and w.memory_id > $2 order by w.memory_id limit $3`,
      [collectionId, after, limit],
    );
    return rows.map((row) => this.toWords(row));
  }

  /** Whether the sums of a collection are those of its words; one statement sees one moment. */
  async statisticsAddUp(tx: EntityManager, collectionId: string): Promise<boolean> {
    const [row] = await tx.query<{ adds_up: boolean }[]>(
      `with counted as (
         select count(*) as documents, coalesce(sum(length), 0) as length,
           coalesce(sum(${this.termCount}), 0) as terms
         from ${this.tables.words} where collection_id = $1),
       folded as (
         select coalesce(sum(documents), 0) as documents, coalesce(sum(total_length), 0) as length
         from collection_stats where collection_id = $1),
       pending as (
         select coalesce(sum(documents), 0) as documents, coalesce(sum(total_length), 0) as length,
           coalesce(sum((select sum(c) from unnest(counts) c)), 0) as terms
         from term_deltas where collection_id = $1),
       terms as (
         select coalesce(sum(documents), 0) as terms from term_stats where collection_id = $1)
       select counted.documents = folded.documents + pending.documents
         and counted.length = folded.length + pending.length
         and counted.terms = terms.terms + pending.terms as adds_up
       from counted, folded, pending, terms`,
      [collectionId],
    );
    return row!.adds_up;
  }

  /** Spaces in which a collection has vectors are few, so each is looked up by itself. */
  async removeVectorsOutside(
    tx: EntityManager,
    collectionId: string,
    spaces: readonly number[],
    limit: number,
  ): Promise<number> {
    const [, removed] = await tx.query<[unknown[], number]>(
      `delete from ${this.tables.vectors} v using (
         select s.id, found.memory_id from embedding_spaces s cross join lateral (
           select memory_id from ${this.tables.vectors}
           where space_id = s.id and collection_id = $1 limit $3) as found
         where s.id <> all ($2::int[]) limit $3) as old
       where v.space_id = old.id and v.collection_id = $1 and v.memory_id = old.memory_id`,
      [collectionId, spaces, limit],
    );
    return removed;
  }

  private async removeWords(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const removed = await runPrepared<object>(
      tx,
      `delete from ${this.tables.words} w where w.memory_id = any($1::uuid[]) returning ${this.storedColumns}`,
      [uuidArray(memoryIds)],
    );
    return removed.map((row) => this.toWords(row));
  }
}
