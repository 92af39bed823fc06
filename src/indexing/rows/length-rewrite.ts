import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { isLockTimeout } from '../../database/database-errors.js';
import { Database } from '../../database/database.js';
import { TermStatisticsRepository } from '../statistics/term-statistics.repository.js';
import { VECTOR_INDEX, type VectorIndex } from '../vector-index.js';
import { IndexRows } from './index-rows.js';
import { reweigh } from './reweigh.js';

/** Weights are made for a frozen average length until the true one is this far away. */
const DRIFT = 0.2;
/** Rows this close are left as they are, so a rewrite that was cut off goes on where it stood. */
const TOLERANCE = 0.05;
const ROWS_PER_BATCH = { embedded: 25, server: 500 } as const;
/** After giving way to a write that was in the middle of the same rows. */
const GIVE_WAY_MS = 500;
/** So often in a row; then others have their turn, and this collection when its drift is seen again. */
const GIVE_WAY_AT_MOST = 20;
const BEFORE_EVERY_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Follows the average length of collections whose texts change in kind. Until it is done, a
 * weight is off by what the averages differ, which is a few per cent of a score. Of several
 * processes that see the drift one goes on; it gives way to whoever writes.
 */
@Injectable()
export class LengthRewrite {
  constructor(
    private readonly database: Database,
    private readonly statistics: TermStatisticsRepository,
    private readonly rows: IndexRows,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Rewrites every collection that has drifted; cheap when none has, and stoppable.
   * @throws the signal's reason when it aborts while the index is behind
   */
  async rewriteDrifted(signal?: AbortSignal): Promise<void> {
    const drifted = await this.database.asSystem((tx) => this.statistics.drifted(tx, DRIFT), {
      priority: 'background',
    });
    for (const { id, average } of drifted) await this.rewrite(id, average, signal);
  }

  private async rewrite(
    collectionId: string,
    average: number,
    signal?: AbortSignal,
  ): Promise<void> {
    const first = await this.rewriteRows(collectionId, average, signal);
    if (first === 'left' || signal?.aborted) return;
    // Only now: after a crash before this line the drift is still seen and the rest follows.
    await this.database.asSystem((tx) => this.statistics.setAverage(tx, collectionId, average), {
      priority: 'background',
    });
    // What was written in the meantime, with the old average, behind the first pass.
    await this.rewriteRows(collectionId, average, signal);
  }

  /** @returns `left` where another process was found to be at it, or somebody holds a row for long */
  private async rewriteRows(
    collectionId: string,
    average: number,
    signal?: AbortSignal,
  ): Promise<'done' | 'left'> {
    let last: string | null = BEFORE_EVERY_ID;
    let gaveWay = 0;
    while (last !== null && !signal?.aborted) {
      const room = await this.index.waitAsMaintenance(signal);
      const limit = Math.min(ROWS_PER_BATCH[this.database.mode], room);
      try {
        const batch = await this.rewriteBatch(collectionId, average, last, limit);
        if (batch === 'elsewhere') return 'left';
        last = batch.last;
        gaveWay = 0;
      } catch (error) {
        if (!inTheWay(error)) throw error;
        gaveWay += 1;
        if (gaveWay > GIVE_WAY_AT_MOST) return 'left';
        await this.clock.sleep(GIVE_WAY_MS, signal);
      }
    }
    return 'done';
  }

  /** @returns the last id rewritten, null when there was nothing left */
  private rewriteBatch(
    collectionId: string,
    average: number,
    after: string,
    limit: number,
  ): Promise<{ last: string | null } | 'elsewhere'> {
    return this.database.asSystem(
      async (tx) => {
        if (!(await this.statistics.beginRewrite(tx, collectionId))) return 'elsewhere';
        const found = await this.rows.findOutdatedWords(
          tx,
          collectionId,
          average,
          TOLERANCE,
          after,
          limit,
        );
        if (found.length === 0) return { last: null };
        await this.rows.updateWeights(
          tx,
          found.map((row) => reweigh(row, average)),
        );
        return { last: found.at(-1)!.memoryId };
      },
      { priority: 'background' },
    );
  }
}

/** Somebody else has rows of the batch, or had PostgreSQL end it again and again. */
function inTheWay(error: unknown): boolean {
  return isLockTimeout(error) || (error instanceof AppError && error.code === 'database_busy');
}
