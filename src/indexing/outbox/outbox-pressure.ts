import { hasPassed, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { type Database } from '../../database/database.js';
import { type OutboxRepository } from './outbox.repository.js';

/** Of the marks at which requests are refused: syncs wait earlier, so that people can go on. */
const SYNCS_WAIT_AT = 0.2;
const BELIEVED_MS = 1000;

/** Holds writers back while the index cannot keep up, e.g. because it is down. */
export class OutboxPressure {
  private known = { marks: 0, at: -Infinity };

  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRepository,
    private readonly clock: Clock,
    /** Marks at which requests are refused. */
    private readonly most: number,
  ) {}

  /**
   * Resolves once a sync may write.
   * @throws the signal's reason when it aborts
   */
  async wait(signal: AbortSignal): Promise<void> {
    while ((await this.marks()) >= SYNCS_WAIT_AT * this.most) {
      signal.throwIfAborted();
      await this.clock.sleep(BELIEVED_MS, signal);
    }
  }

  /** @throws AppError `index_behind` */
  async require(): Promise<void> {
    if ((await this.marks()) < this.most) return;
    throw new AppError(
      'index_behind',
      `${this.most.toLocaleString('en')} memories or more wait to be indexed.`,
      { retryAfter: 10 },
    );
  }

  private async marks(): Promise<number> {
    const now = this.clock.now().getTime();
    if (hasPassed(BELIEVED_MS, this.known.at, now)) {
      const marks = await this.database.asSystem((tx) => this.outbox.count(tx, this.most));
      this.known = { marks, at: now };
    }
    return this.known.marks;
  }
}
