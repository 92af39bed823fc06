import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TermStatisticsRepository, type TermStatistics } from './term-statistics.repository.js';

/** A search counts so few fresh documents itself; more of them are a sync, which it lets be. */
const FOLD_IN_SEARCH = 10;
const FOLD_IN_SEARCH_ROWS = 64;

/** The statistics that one query is weighed with. */
@Injectable()
export class QueryStatistics {
  constructor(private readonly statistics: TermStatisticsRepository) {}

  /**
   * Who writes one memory and searches at once finds it counted.
   * @param settings of the rest of the transaction; they ride along
   */
  async read(
    tx: EntityManager,
    collectionIds: readonly string[],
    terms: readonly number[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<TermStatistics> {
    const found = await this.statistics.read(tx, collectionIds, terms, settings);
    const fresh = found.pending.filter((pending) => pending.documents <= FOLD_IN_SEARCH);
    if (fresh.length === 0 && (found.documents > 0 || found.pending.length === 0)) return found;
    for (const { collectionId } of found.documents > 0 ? fresh : found.pending) {
      await this.statistics.fold(tx, collectionId, FOLD_IN_SEARCH_ROWS);
    }
    return this.statistics.read(tx, collectionIds, terms);
  }
}
