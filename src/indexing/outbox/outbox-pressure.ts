import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { Database } from '../../database/database.js';
import { OutboxRepository } from './outbox.repository.js';

/** Marks from which on syncs wait: what a search cannot see yet is to stay a matter of seconds. */
export const MARKS_WAIT = 20_000;
/** Marks from which on requests are refused, so that interactive writes outlast a sync. */
export const MARKS_REFUSE = 100_000;
const BELIEVED_MS = 1000;

/** Holds writers back while the index cannot keep up, e.g. because it is down. */
@Injectable()
export class OutboxPressure {
  private known = { marks: 0, until: 0 };

  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Resolves once a sync may write.
   * @throws the signal's reason when it aborts
   */
  async wait(signal: AbortSignal): Promise<void> {
    while ((await this.marks()) >= MARKS_WAIT) {
      signal.throwIfAborted();
      await this.clock.sleep(BELIEVED_MS, signal);
    }
  }

  /** @throws AppError `index_behind` */
  async require(): Promise<void> {
    if ((await this.marks()) < MARKS_REFUSE) return;
    throw new AppError(
      'index_behind',
      `More than ${MARKS_REFUSE.toLocaleString('en')} memories wait to be indexed; nothing was stored.`,
      { retryAfter: 10 },
    );
  }

  private async marks(): Promise<number> {
    const now = this.clock.now().getTime();
    if (now >= this.known.until) {
      const marks = await this.database.asSystem((tx) => this.outbox.count(tx, MARKS_REFUSE));
      this.known = { marks, until: now + BELIEVED_MS };
    }
    return this.known.marks;
  }
}
