import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../common/clock.js';
import { Database } from '../../database/database.js';
import { TermStatisticsRepository } from './term-statistics.repository.js';

/** A pause this long after the last write of a collection is when its counts are folded. */
export const FOLD_DELAY_MS = 1000;
/** Under steady writing they are folded once this many writes have gathered. */
const FOLD_WRITES = 64;
/**
 * Rows per transaction. Embedded mode has one session, and 8 writes of 25 chunks hold it for some
 * 30 ms; on a server nobody waits for it.
 */
const ROWS_PER_FOLD = { embedded: 8, server: 256 } as const;

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

  /** Folds the collections that have paused or gathered many writes. */
  async foldDue(): Promise<void> {
    const now = this.clock.now().getTime();
    for (const [collectionId, { writes, lastWrite }] of [...this.pending]) {
      const due = writes >= FOLD_WRITES || now - lastWrite >= FOLD_DELAY_MS;
      if (due) await this.fold(collectionId);
    }
  }

  /** Folds everything that is pending in the database, of this process or another. */
  async foldAll(): Promise<void> {
    const unfolded = await this.database.asSystem((tx) => this.statistics.unfolded(tx), {
      priority: 'background',
    });
    for (const collectionId of unfolded) await this.fold(collectionId);
  }

  /** Folds all that a collection has pending, in small transactions. */
  async fold(collectionId: string): Promise<void> {
    this.pending.delete(collectionId);
    const limit = ROWS_PER_FOLD[this.database.mode];
    for (;;) {
      const folded = await this.database.asSystem(
        (tx) => this.statistics.fold(tx, collectionId, limit),
        { priority: 'background' },
      );
      if (folded < limit) return;
    }
  }
}
