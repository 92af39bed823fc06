import type { Client } from 'pg';
import type { DataSource } from 'typeorm';
import type { DatabaseClock } from './database-clock.js';
import type { Timers } from './timers.js';

/** Quartz clocks drift by some milliseconds in that time. */
const EVERY_MS = 60_000;
/** An answer that took longer tells little: the time may be that of any moment in between. */
const PATIENCE_MS = 1_000;
const TRIES = 3;

interface Answer {
  readonly time: Date;
  /** The middle of the question, by the monotonic clock, and how long that was. */
  readonly at: number;
  readonly tookMs: number;
}

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

  /**
   * Asks for the time, up to three times. Where every answer is slow the quickest counts, unless it
   * could be the time that is known: half a slow answer is less wrong than a machine whose clock is
   * days off.
   */
  async look(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as Client;
      let best = await this.ask(client);
      for (let n = 1; n < TRIES && best.tookMs > PATIENCE_MS; n += 1) {
        const next = await this.ask(client);
        if (next.tookMs < best.tookMs) best = next;
      }
      const { time, at, tookMs } = best;
      const maybeAsKnown = Math.abs(this.clock.aheadOf(time, at)) <= tookMs / 2;
      if (tookMs <= PATIENCE_MS || !maybeAsKnown) this.clock.set(time, at);
    } finally {
      await runner.release();
    }
  }

  private async ask(client: Client): Promise<Answer> {
    const asked = this.clock.monotonic();
    const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
    const answered = this.clock.monotonic();
    return { time: rows[0]!.now, at: (asked + answered) / 2, tookMs: answered - asked };
  }
}
