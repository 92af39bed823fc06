import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../../database/database.js';
import { runPrepared } from '../../database/prepared-statement.js';
import { fuse } from '../fusion.js';
import { statisticsDeltas } from '../statistics/statistics-delta.js';
import { StatsFolder } from '../statistics/stats-folder.js';
import {
  TermStatisticsRepository,
  type TermStatistics,
} from '../statistics/term-statistics.repository.js';
import { queryTerms, termsOf, weigh } from '../terms/sparse-encoder.js';
import type {
  Candidate,
  CandidateList,
  IndexEntry,
  IndexQuery,
  SpaceRef,
  VectorIndex,
  WordEntry,
} from '../vector-index.js';
import { candidateStatement, type CandidateRow } from './candidate-statement.js';
import { DensePlan } from './dense-plan.js';
import { HnswIndexes } from './hnsw-indexes.js';
import { IndexRowsRepository, type WordsRow } from './index-rows.repository.js';
import { reweigh } from './reweigh.js';
import { searchSettings } from './search-settings.js';
import { wordsQuery, type WeighedWords } from './words-query.js';

/** A search counts so few fresh documents itself; more of them are a sync, which it lets be. */
const FOLD_IN_SEARCH = 10;
const FOLD_IN_SEARCH_ROWS = 64;

/** Vectors and words in PostgreSQL or PGlite, beside the rows and in their transactions. */
@Injectable()
export class PgVectorIndex implements VectorIndex {
  constructor(
    private readonly database: Database,
    private readonly rows: IndexRowsRepository,
    private readonly statistics: TermStatisticsRepository,
    private readonly folder: StatsFolder,
    private readonly densePlan: DensePlan,
    private readonly hnsw: HnswIndexes,
  ) {}

  ensureSpace(space: SpaceRef): Promise<void> {
    this.hnsw.watch(space);
    return Promise.resolve();
  }

  async write(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const replaced = new Set(await this.replaceWords(tx, entries));
    const known = entries.filter((entry) => replaced.has(entry.memoryId));
    if (known.length > 0) await this.rows.removeVectorsElsewhere(tx, known);
    await this.rows.upsertVectors(tx, entries);
  }

  async writeWords(tx: EntityManager, entries: readonly WordEntry[]): Promise<void> {
    if (entries.length > 0) await this.replaceWords(tx, entries);
  }

  /** @returns the memories that had words before */
  private async replaceWords(tx: EntityManager, entries: readonly WordEntry[]): Promise<string[]> {
    const counted = entries.map((entry) => ({ ...entry, counts: termsOf(entry.words) }));
    const averages = await this.statistics.averageLengths(
      tx,
      meanLengths(
        counted.map(({ collectionId, counts }) => ({ collectionId, length: counts.length })),
      ),
    );
    const rows = counted.map(({ memoryId, collectionId, counts }): WordsRow => {
      const averageLength = averages.get(collectionId)!;
      const { terms, length } = counts;
      const weights = weigh(counts, averageLength);
      return { memoryId, collectionId, length, averageLength, terms, weights };
    });
    const replaced = await this.rows.upsertWords(tx, rows);
    await this.count(tx, rows, replaced);
    return replaced.map((row) => row.memoryId);
  }

  async remove(tx: EntityManager, memoryIds: readonly string[]): Promise<void> {
    if (memoryIds.length === 0) return;
    await this.count(tx, [], await this.rows.remove(tx, memoryIds));
  }

  async move(tx: EntityManager, memoryIds: readonly string[], toCollection: string): Promise<void> {
    if (memoryIds.length === 0) return;
    await this.rows.moveVectors(tx, memoryIds, toCollection);
    const here = await this.rows.findWords(tx, memoryIds);
    if (here.length === 0) return;
    const moved = here.map((row) => ({ ...row, collectionId: toCollection }));
    const averages = await this.statistics.averageLengths(tx, meanLengths(moved));
    const there = moved.map((row) => reweigh(row, averages.get(toCollection)!));
    await this.rows.upsertWords(tx, there);
    await this.count(tx, there, here);
  }

  async candidates(tx: EntityManager, query: IndexQuery): Promise<CandidateList> {
    const asked = query.mode === 'text' ? { ...query, embedding: null } : query;
    const terms = query.mode === 'vector' ? [] : queryTerms(query.text);
    const statistics = await this.readStatistics(
      tx,
      asked,
      terms.map((term) => term.id),
    );
    const words = wordsQuery(terms, query.collectionIds, statistics, query.depth);
    if (!words && !asked.embedding) return { candidates: [], full: false };
    const approximate = await this.densePlan.approximate(tx, asked, statistics.documents);
    let rows = await this.findRows(tx, asked, words, approximate);
    if (approximate && denseCount(rows) < query.depth) {
      rows = await this.findRows(tx, asked, words, null);
    }
    return {
      candidates: rank(rows, asked, words, statistics.documents),
      full:
        denseCount(rows) >= query.depth || rows.filter((row) => row.in_words).length >= query.depth,
    };
  }

  vectors(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>> {
    if (memoryIds.length === 0) return Promise.resolve(new Map<string, Float32Array>());
    return this.rows.vectors(tx, space, memoryIds);
  }

  private async count(
    tx: EntityManager,
    added: readonly WordsRow[],
    removed: readonly WordsRow[],
  ): Promise<void> {
    const deltas = statisticsDeltas(added, removed);
    await this.statistics.append(tx, deltas);
    for (const { collectionId } of deltas) this.folder.noteWrite(collectionId);
  }

  /** Who writes one memory and searches at once finds it counted. */
  private async readStatistics(
    tx: EntityManager,
    query: IndexQuery,
    terms: readonly number[],
  ): Promise<TermStatistics> {
    const { collectionIds } = query;
    const settings = searchSettings(query, this.database.mode);
    const found = await this.statistics.read(tx, collectionIds, terms, settings);
    const fresh = found.pending.filter((pending) => pending.documents <= FOLD_IN_SEARCH);
    if (fresh.length === 0 && (found.documents > 0 || found.pending.length === 0)) return found;
    for (const { collectionId } of found.documents > 0 ? fresh : found.pending) {
      await this.statistics.fold(tx, collectionId, FOLD_IN_SEARCH_ROWS);
    }
    return this.statistics.read(tx, collectionIds, terms);
  }

  private findRows(
    tx: EntityManager,
    query: IndexQuery,
    words: WeighedWords | null,
    approximate: string | null,
  ): Promise<CandidateRow[]> {
    const { text, values, common } = candidateStatement(query, words, approximate);
    return common ? runPrepared(tx, text, values) : tx.query<CandidateRow[]>(text, values);
  }
}

function denseCount(rows: readonly CandidateRow[]): number {
  return rows.filter((row) => row.in_dense).length;
}

function rank(
  rows: readonly CandidateRow[],
  query: IndexQuery,
  words: WeighedWords | null,
  documents: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const row of rows) {
    // Operator classes sort ascending, so pgvector's inner product is negative.
    const cosine = row.distance === null ? 0 : -row.distance;
    const bm25 = row.product === null ? 0 : Math.max(0, -row.product);
    if (bm25 === 0 && (!query.embedding || cosine < query.minCosine)) continue;
    candidates.push({
      memoryId: row.memory_id,
      collectionId: row.collection_id,
      cosine,
      bm25,
      coverage: words && words.highest > 0 ? bm25 / words.highest : 0,
      fused: query.embedding ? fuse(cosine, bm25, documents) : bm25,
    });
  }
  return candidates.sort((a, b) => b.fused - a.fused || (a.memoryId < b.memoryId ? -1 : 1));
}

/** Mean length by collection, at least 1; the average that a collection's first write freezes. */
function meanLengths(
  rows: readonly { collectionId: string; length: number }[],
): Map<string, number> {
  const sums = new Map<string, { length: number; rows: number }>();
  for (const { collectionId, length } of rows) {
    const sum = sums.get(collectionId) ?? { length: 0, rows: 0 };
    sums.set(collectionId, { length: sum.length + length, rows: sum.rows + 1 });
  }
  return new Map([...sums].map(([id, sum]) => [id, Math.max(1, sum.length / sum.rows)]));
}
