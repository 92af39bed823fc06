import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { fromSparsevec } from '../terms/sparsevec.js';
import type { IndexEntry } from '../vector-index.js';
import { intArray, sparsevecArray, uuidArray, vectorArray } from '../binary-arrays.js';
import { gateTerms } from './gate-terms.js';

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

interface StoredWords {
  memory_id: string;
  collection_id: string;
  length: number;
  average_length: number;
  weights: string;
}

const STORED = `w.memory_id, w.collection_id, w.length, w.average_length, w.weights::text as weights`;

function toRow(stored: StoredWords): WordsRow {
  const { ids, weights } = fromSparsevec(stored.weights);
  return {
    memoryId: stored.memory_id,
    collectionId: stored.collection_id,
    length: stored.length,
    averageLength: stored.average_length,
    terms: ids,
    weights,
  };
}

/** The tables `vectors` and `words`: one statement per table and batch. */
@Injectable()
export class IndexRowsRepository {
  private types?: Promise<{ vector: number; sparsevec: number }>;

  async upsertVectors(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void> {
    const { vector } = await this.extensionTypes(tx);
    await runPrepared(
      tx,
      `insert into vectors (space_id, collection_id, memory_id, embedding)
       select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::vector[])
       on conflict (space_id, collection_id, memory_id) do update
         set embedding = excluded.embedding`,
      [
        intArray(entries.map((entry) => entry.spaceId)),
        uuidArray(entries.map((entry) => entry.collectionId)),
        uuidArray(entries.map((entry) => entry.memoryId)),
        vectorArray(
          vector,
          entries.map((entry) => entry.embedding),
        ),
      ],
    );
  }

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

  private async insertWords(tx: EntityManager, rows: readonly WordsRow[]): Promise<Set<string>> {
    const { sparsevec } = await this.extensionTypes(tx);
    const gates = rows.map((row) => gateTerms(row.collectionId, row.terms));
    const ends = endsOf(gates);
    const inserted = await runPrepared<{ memory_id: string }>(
      tx,
      `insert into words (collection_id, memory_id, length, average_length, terms, weights)
       select u.collection_id, u.memory_id, u.length, u.average_length,
         ($5::int[])[u.first : u.last], u.weights
       from unnest($1::uuid[], $2::uuid[], $3::int[], $4::real[], $6::int[], $7::int[],
         $8::sparsevec[])
         as u(collection_id, memory_id, length, average_length, first, last, weights)
       on conflict (memory_id) do nothing returning memory_id`,
      [
        uuidArray(rows.map((row) => row.collectionId)),
        uuidArray(rows.map((row) => row.memoryId)),
        intArray(rows.map((row) => row.length)),
        rows.map((row) => row.averageLength),
        intArray(...gates),
        intArray(gates.map((gate, at) => ends[at]! - gate.length + 1)),
        intArray(ends),
        sparsevecArray(sparsevec, rows),
      ],
    );
    return new Set(inserted.map((row) => row.memory_id));
  }

  /** @returns the words that were there, for the statistics */
  async remove(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const ids = uuidArray(memoryIds);
    await runPrepared(tx, `delete from vectors where memory_id = any($1::uuid[])`, [ids]);
    return this.removeWords(tx, memoryIds);
  }

  private async removeWords(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const removed = await runPrepared<StoredWords>(
      tx,
      `delete from words w where w.memory_id = any($1::uuid[]) returning ${STORED}`,
      [uuidArray(memoryIds)],
    );
    return removed.map(toRow);
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

  async findWords(tx: EntityManager, memoryIds: readonly string[]): Promise<WordsRow[]> {
    const rows = await runPrepared<StoredWords>(
      tx,
      `select ${STORED} from words w where w.memory_id = any($1::uuid[]) order by w.memory_id
       for update`,
      [uuidArray(memoryIds)],
    );
    return rows.map(toRow);
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
    const rows = await tx.query<StoredWords[]>(
      `select ${STORED} from words w
       where w.collection_id = $1 and w.memory_id > $4
         and abs(w.average_length - $2::real) > $3::real * $2::real
       order by w.memory_id limit $5 for update`,
      [collectionId, average, tolerance, after, limit],
    );
    return rows.map(toRow);
  }

  async updateWeights(tx: EntityManager, rows: readonly WordsRow[]): Promise<void> {
    const { sparsevec } = await this.extensionTypes(tx);
    await runPrepared(
      tx,
      `update words w set average_length = u.average_length, weights = u.weights
       from unnest($1::uuid[], $2::real[], $3::sparsevec[])
         as u(memory_id, average_length, weights)
       where w.memory_id = u.memory_id`,
      [
        uuidArray(rows.map((row) => row.memoryId)),
        rows.map((row) => row.averageLength),
        sparsevecArray(sparsevec, rows),
      ],
    );
  }

  async vectors(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>> {
    const rows = await runPrepared<{ id: string; embedding: string }>(
      tx,
      `select memory_id as id, embedding::text as embedding from vectors
       where space_id = $1 and memory_id = any($2::uuid[])`,
      [space, uuidArray(memoryIds)],
    );
    // The text form of a vector is a JSON array.
    return new Map(
      rows.map(({ id, embedding }) => [id, Float32Array.from(JSON.parse(embedding) as number[])]),
    );
  }

  /** Ids of the extension's types, which binary arrays name; they differ from database to database. */
  private extensionTypes(tx: EntityManager): Promise<{ vector: number; sparsevec: number }> {
    this.types ??= tx
      .query<{ vector: number; sparsevec: number }[]>(
        `select 'vector'::regtype::oid::int as vector, 'sparsevec'::regtype::oid::int as sparsevec`,
      )
      .then((rows) => rows[0]!)
      .catch((error: unknown) => {
        this.types = undefined;
        throw error;
      });
    return this.types;
  }
}

/** Where each list ends when all stand one after the other, counted from 1. */
function endsOf(lists: readonly (readonly number[])[]): number[] {
  let end = 0;
  return lists.map((list) => (end += list.length));
}
