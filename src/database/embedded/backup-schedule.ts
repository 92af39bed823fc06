import type { Clock } from '../../common/clock.js';
import type { Backups } from './backups.js';
import type { Timers } from '../timers.js';

/** Short, so that processes that do not live long have their daily backup, too. */
const CHECK_MS = 60_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * Takes a backup when the newest one is a day old: PGlite survives a kill but not a power cut,
 * and the backups are what bounds the loss.
 */
export class BackupSchedule {
  private cancel?: () => void;
  private running: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(
    private readonly backups: Pick<Backups, 'create' | 'list'>,
    private readonly clock: Clock,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(timers: Timers): void {
    this.cancel = timers.every(CHECK_MS, () => {
      if (this.busy) return;
      this.busy = true;
      this.running = this.tick()
        .catch(this.onError)
        .finally(() => (this.busy = false));
    });
  }

  /** Resolves when a backup under way has ended. */
  async stop(): Promise<void> {
    this.cancel?.();
    await this.running;
  }

  async tick(): Promise<void> {
    const [newest] = await this.backups.list();
    const age = this.clock.now().getTime() - (newest?.createdAt.getTime() ?? 0);
    if (age >= DAY_MS) await this.backups.create();
  }
}
