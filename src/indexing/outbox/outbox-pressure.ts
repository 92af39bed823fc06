import { hasPassed, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { type Database } from '../../database/database.js';
import { type OutboxRepository } from './outbox.repository.js';

/** Of the marks at which requests are refused: syncs wait earlier, so that people can go on. */
const SYNCS_WAIT_AT = 0.2;
/**
 * Maintenance waits earlier still, counts each time, and marks no more at once than this many:
 * fresh writes are not to queue behind all of it, nor to wait or be refused for it.
 */
const MAINTENANCE_WAITS_AT = 0.1;
const MARKED_AT_ONCE = 1000;
/** No search is answered until a lost collection is filled again, so syncs wait for that. */
const RECOVERY_WAITS_AT = 0.5;
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

  /**
   * How many memories maintenance may mark now; 0: none yet.
   * @param isRecovery it fills a lost collection again
   */
  async maintenanceRoom(isRecovery = false): Promise<number> {
    const most = Math.ceil(this.most * (isRecovery ? RECOVERY_WAITS_AT : MAINTENANCE_WAITS_AT));
    const marks = await this.database.asSystem((tx) => this.outbox.countUnderWay(tx, most), {
      priority: 'background',
    });
    return Math.min(MARKED_AT_ONCE, most - marks);
  }

  /**
   * Resolves once maintenance may go on, with how many memories it may mark.
   * @throws the signal's reason when it aborts
   */
  async waitAsMaintenance(signal?: AbortSignal): Promise<number> {
    for (;;) {
      const room = await this.maintenanceRoom();
      if (room > 0) return room;
      await this.clock.sleep(BELIEVED_MS, signal);
    }
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
