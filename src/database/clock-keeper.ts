import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type { DatabaseClock } from './database-clock.js';
import type { Timers } from './timers.js';

/** Quartz clocks drift by some milliseconds in that time. */
const EVERY_MS = 60_000;
/** An answer that took longer tells too little: the time may be that of any moment in between. */
const PATIENCE_MS = 1_000;

/** Sets a process's clock by that of the database server, at start and every minute. */
export class ClockKeeper {
  private cancel?: () => void;
  private looking: Promise<void> = Promise.resolve();
  private busy = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: DatabaseClock,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Looks once, then again and again. */
  async start(timers: Timers): Promise<void> {
    await this.look();
    this.cancel = timers.every(EVERY_MS, () => {
      if (this.busy) return;
      this.busy = true;
      this.looking = this.look()
        .catch(this.onError)
        .finally(() => (this.busy = false));
    });
  }

  /** Resolves when a look under way has ended. */
  async stop(): Promise<void> {
    this.cancel?.();
    await this.looking;
  }

  async look(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as Client;
      const asked = this.clock.monotonic();
      const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
      const answered = this.clock.monotonic();
      if (answered - asked <= PATIENCE_MS) this.clock.set(rows[0]!.now, (asked + answered) / 2);
    } finally {
      await runner.release();
    }
  }
}
