import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { runPrepared } from '../../database/prepared-statement.js';
import { byteaArray, intArray, uuidArray } from '../binary-arrays.js';
import { IndexRows, type WordsRow } from '../rows/index-rows.js';
import type { VectorEntry } from '../vector-index.js';
import { packFloats, packIntegers, unpackFloats, unpackIntegers } from './packed-numbers.js';

interface StoredWords {
  memory_id: string;
  collection_id: string;
  length: number;
  average_length: number;
  terms: Buffer;
  weights: Buffer;
}

/**
 * What points are made of, in plain types without an index: PostgreSQL needs no extension, and
 * Qdrant can be filled again without embedding anything. Triggers mark every change for the
 * outbox (migrations/qdrant).
 */
@Injectable()
export class PointRowsRepository extends IndexRows {
  protected readonly tables = { vectors: 'point_vectors', words: 'point_words' };
  protected readonly termCount = 'octet_length(terms) / 4';
  protected readonly storedColumns = `w.memory_id, w.collection_id, w.length, w.average_length,
    w.terms, w.weights`;

  async upsertVectors(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void> {
    await runPrepared(
      tx,
      `insert into point_vectors (space_id, collection_id, memory_id, embedding)
       select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bytea[])
       on conflict (space_id, collection_id, memory_id) do update
         set embedding = excluded.embedding`,
      [
        intArray(entries.map((entry) => entry.spaceId)),
        uuidArray(entries.map((entry) => entry.collectionId)),
        uuidArray(entries.map((entry) => entry.memoryId)),
        byteaArray(entries.map((entry) => packFloats(entry.embedding))),
      ],
    );
  }

  async vectors(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>> {
    const rows = await runPrepared<{ id: string; embedding: Buffer }>(
      tx,
      `select memory_id as id, embedding from point_vectors
       where space_id = $1 and memory_id = any($2::uuid[])`,
      [space, uuidArray(memoryIds)],
    );
    return new Map(rows.map(({ id, embedding }) => [id, unpackFloats(embedding)]));
  }

  async updateWeights(tx: EntityManager, rows: readonly WordsRow[]): Promise<void> {
    await runPrepared(
      tx,
      `update point_words w set average_length = u.average_length, weights = u.weights
       from unnest($1::uuid[], $2::real[], $3::bytea[]) as u(memory_id, average_length, weights)
       where w.memory_id = u.memory_id`,
      [
        uuidArray(rows.map((row) => row.memoryId)),
        rows.map((row) => row.averageLength),
        byteaArray(rows.map((row) => packFloats(row.weights))),
      ],
    );
  }

  protected async insertWords(tx: EntityManager, rows: readonly WordsRow[]): Promise<Set<string>> {
    const inserted = await runPrepared<{ memory_id: string }>(
      tx,
      `insert into point_words (collection_id, memory_id, length, average_length, terms, weights)
       select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::real[], $5::bytea[], $6::bytea[])
       on conflict (memory_id) do nothing returning memory_id`,
      [
        uuidArray(rows.map((row) => row.collectionId)),
        uuidArray(rows.map((row) => row.memoryId)),
        intArray(rows.map((row) => row.length)),
        rows.map((row) => row.averageLength),
        byteaArray(rows.map((row) => packIntegers(row.terms))),
        byteaArray(rows.map((row) => packFloats(row.weights))),
      ],
    );
    return new Set(inserted.map((row) => row.memory_id));
  }

  protected toWords(stored: object): WordsRow {
    const row = stored as StoredWords;
    return {
      memoryId: row.memory_id,
      collectionId: row.collection_id,
      length: row.length,
      averageLength: row.average_length,
      terms: [...unpackIntegers(row.terms)],
      weights: [...unpackFloats(row.weights)],
    };
  }
}
