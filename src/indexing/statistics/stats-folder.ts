import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../common/clock.js';
import { Database } from '../../database/database.js';
import { TermStatisticsRepository } from './term-statistics.repository.js';

/** A pause this long after the last write of a collection is when its counts are folded. */
export const FOLD_DELAY_MS = 1000;
/**
 * Under steady writing they are folded once this many writes have gathered: folding often would
 * count the same common terms again and again (a fifth of the time of a sync at 64).
 */
export const FOLD_WRITES = 1024;
/**
 * Rows per transaction. Embedded mode has one session, and 32 writes of 25 chunks hold it for some
 * 0.2 s; on a server nobody waits for it.
 */
const ROWS_PER_FOLD = { embedded: 32, server: 256 } as const;
/**
 * Pause after a transaction in embedded mode, as a multiple of its length: what a first sync of
 * 10,000 documents leaves takes some 4 s, and whoever comes right after it is not to pay for that.
 */
const PAUSE_AFTER_FOLD = 3;
const MAX_PAUSE_MS = 2_000;

interface Pending {
  writes: number;
  lastWrite: number;
}

/**
 * Decides when the counts that writes leave behind are folded into the statistics. It is told of
 * writes by the index and driven by `IndexMaintenance`; what a dead process left is found by
 * `foldAll`, because pending counts are rows.
 */
@Injectable()
export class StatsFolder {
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly database: Database,
    private readonly statistics: TermStatisticsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Notes a write; it may still roll back, then a fold finds nothing. */
  noteWrite(collectionId: string): void {
    const known = this.pending.get(collectionId);
    const lastWrite = this.clock.now().getTime();
    this.pending.set(collectionId, { writes: (known?.writes ?? 0) + 1, lastWrite });
  }

  /**
   * Folds the collections that have paused or gathered many writes.
   * @returns whether there were any
   */
  async foldDue(signal?: AbortSignal): Promise<boolean> {
    const now = this.clock.now().getTime();
    let folded = false;
    for (const [collectionId, { writes, lastWrite }] of [...this.pending]) {
      const due = writes >= FOLD_WRITES || now - lastWrite >= FOLD_DELAY_MS;
      if (!due) continue;
      await this.fold(collectionId, signal);
      folded = true;
    }
    return folded;
  }

  /** Folds everything that is pending in the database, of this process or another. */
  async foldAll(signal?: AbortSignal): Promise<void> {
    const unfolded = await this.database.asSystem((tx) => this.statistics.unfolded(tx), {
      priority: 'background',
    });
    for (const collectionId of unfolded) await this.fold(collectionId, signal);
  }

  /** Folds all that a collection has pending, in small transactions. @throws the signal's reason */
  async fold(collectionId: string, signal?: AbortSignal): Promise<void> {
    this.pending.delete(collectionId);
    const { mode } = this.database;
    const limit = ROWS_PER_FOLD[mode];
    while (!signal?.aborted) {
      let begun = 0;
      const folded = await this.database.asSystem(
        (tx) => {
          begun = this.clock.now().getTime();
          return this.statistics.fold(tx, collectionId, limit);
        },
        { priority: 'background' },
      );
      if (folded < limit) return;
      const pause = PAUSE_AFTER_FOLD * (this.clock.now().getTime() - begun);
      if (mode === 'embedded') await this.clock.sleep(Math.min(pause, MAX_PAUSE_MS), signal);
    }
  }
}
