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

  /**
   * The next collection that is gone and left vectors or words of memories that are gone too: no
   * look at the collections there are meets it.
   */
  nextGone(after: string | null): Promise<string | undefined> {
    return this.database.asSystem(async (tx) => {
      for (const id of await this.rows.collectionsGone(tx, after ?? BEFORE_EVERY_ID))
        if ((await this.rows.orphans(tx, id, 1)).length > 0) return id;
      return undefined;
    });
  }

  /**
   * Removes a batch of what a collection left that is gone; with the last one its counts, which a
   * dump could not be restored with either.
   * @returns whether there may be more
   */
  async removeGone(collectionId: string, limit = this.database.lightBatch): Promise<boolean> {
    const most = Math.min(limit, this.database.lightBatch);
    if ((await this.removeOrphans(collectionId, most)) > 0) return true;
    await this.database.asSystem(async (tx) => {
      for (const table of ['term_deltas', 'term_stats', 'collection_stats'])
        await tx.query(`delete from ${table} where collection_id = $1`, [collectionId]);
    });
    return false;
  }

  /** @returns how many memories left something, of a batch */
  private removeOrphans(collectionId: string, limit = this.database.lightBatch): Promise<number> {
    return this.database.asSystem(async (tx) => {
      const orphans = await this.rows.orphans(tx, collectionId, limit);
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
