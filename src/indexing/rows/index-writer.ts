import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { together } from '../../database/together.js';
import { statisticsDeltas } from '../statistics/statistics-delta.js';
import { StatsFolder } from '../statistics/stats-folder.js';
import { TermStatisticsRepository } from '../statistics/term-statistics.repository.js';
import { termsOf, weigh } from '../terms/sparse-encoder.js';
import type { IndexEntry, VectorEntry, WordEntry } from '../vector-index.js';
import { IndexRows, type WordsRow } from './index-rows.js';
import { reweigh } from './reweigh.js';

/** The writing half of an index: rows and their statistics, in the caller's transaction. */
@Injectable()
export class IndexWriter {
  constructor(
    private readonly rows: IndexRows,
    private readonly statistics: TermStatisticsRepository,
    private readonly folder: StatsFolder,
  ) {}

  async write(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const [, replaced] = await together(
      () => this.rows.requireSpaces(tx, entries),
      () => this.replaceWords(tx, entries),
      () => this.rows.upsertVectors(tx, entries),
    );
    const ids = new Set(replaced);
    const known = entries.filter((entry) => ids.has(entry.memoryId));
    if (known.length > 0) await this.rows.removeVectorsElsewhere(tx, known);
  }

  async writeVectors(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void> {
    if (entries.length > 0) await this.rows.upsertVectors(tx, entries);
  }

  async writeWords(tx: EntityManager, entries: readonly WordEntry[]): Promise<void> {
    if (entries.length > 0) await this.replaceWords(tx, entries);
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
    const [replaced] = await together(
      () => this.rows.upsertWords(tx, rows),
      () => this.count(tx, rows, []),
    );
    // Apart from the others, which were counted before it was known which of them replace some.
    await this.count(tx, [], replaced);
    return replaced.map((row) => row.memoryId);
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
