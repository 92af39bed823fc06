import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { intArray, sparsevecArray, uuidArray, vectorArray } from '../binary-arrays.js';
import { IndexRows, type WordsRow } from '../rows/index-rows.js';
import { fromSparsevec } from '../terms/sparsevec.js';
import type { VectorEntry } from '../vector-index.js';
import { gateTerms } from './gate-terms.js';

interface StoredWords {
  memory_id: string;
  collection_id: string;
  length: number;
  average_length: number;
  weights: string;
}

/** Values in pgvector's types, with the indexes that searches use. */
@Injectable()
export class PgVectorRowsRepository extends IndexRows {
  protected readonly tables = { vectors: 'vectors', words: 'words' };
  protected readonly termCount = 'cardinality(terms)';
  protected readonly storedColumns = `w.memory_id, w.collection_id, w.length, w.average_length,
    w.weights::text as weights`;
  private types?: Promise<{ vector: number; sparsevec: number }>;

  async upsertVectors(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void> {
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

  protected async insertWords(tx: EntityManager, rows: readonly WordsRow[]): Promise<Set<string>> {
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

  protected toWords(stored: object): WordsRow {
    const row = stored as StoredWords;
    const { ids, weights } = fromSparsevec(row.weights);
    return {
      memoryId: row.memory_id,
      collectionId: row.collection_id,
      length: row.length,
      averageLength: row.average_length,
      terms: ids,
      weights,
    };
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
