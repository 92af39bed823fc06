import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BackgroundDatabase } from '../../database/background-database.js';
import { IndexRows } from '../rows/index-rows.js';
import { TermStatisticsRepository } from '../statistics/term-statistics.repository.js';

const PAGE = 1000;
const BEFORE_EVERY_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Compares the statistics of collections with their words and counts them anew where they differ.
 * What memories leave that were deleted behind the back of triggers and foreign keys is counted
 * too, so it goes here: a dump that has it cannot be restored.
 */
@Injectable()
export class StatisticsCheck {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly rows: IndexRows,
    private readonly statistics: TermStatisticsRepository,
  ) {}

  /**
   * Whether documents, words and terms add up, counts that are still to be folded included, and
   * belong to memories that are there.
   */
  addsUp(collectionId: string): Promise<boolean> {
    return this.database.asSystem(
      async (tx) =>
        (await this.rows.statisticsAddUp(tx, collectionId)) &&
        (await this.rows.orphans(tx, collectionId, 1)).length === 0,
    );
  }

  /**
   * Removes vectors and words of memories that are gone, then counts all words of a collection in
   * one transaction, in which nobody else can write to it: for 100,000 memories a few seconds.
   */
  async recount(collectionId: string): Promise<void> {
    while ((await this.removeOrphans(collectionId)) > 0);
    await this.database.asSystem(async (tx) => {
      await this.statistics.lock(tx, collectionId);
      const counted = await this.count(tx, collectionId);
      await this.statistics.replace(tx, collectionId, counted);
    });
  }

  /** @returns how many memories left something, of a batch */
  private removeOrphans(collectionId: string): Promise<number> {
    return this.database.asSystem(async (tx) => {
      const orphans = await this.rows.orphans(tx, collectionId, this.database.lightBatch);
      if (orphans.length > 0) await this.rows.remove(tx, orphans);
      return orphans.length;
    });
  }

  private async count(tx: EntityManager, collectionId: string) {
    const counts = new Map<number, number>();
    let [documents, totalLength, after] = [0, 0, BEFORE_EVERY_ID];
    for (;;) {
      const page = await this.rows.wordsPage(tx, collectionId, after, PAGE);
      for (const { length, terms } of page) {
        documents += 1;
        totalLength += length;
        for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
      }
      if (page.length < PAGE) return { documents, totalLength, counts };
      after = page.at(-1)!.memoryId;
    }
  }
}
