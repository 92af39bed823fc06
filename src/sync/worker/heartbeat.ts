import { LEASE_SECONDS, LeaseLost, type ClaimedRun, type RunQueue } from '../../runs/run-queue.js';
import { RunStopped } from '../engine/run-stopped.js';

const BEAT_MS = 2000;

interface HeartbeatOptions {
  /** Hears of the first of several failures in a row. */
  readonly warn: (fields: object) => void;
  /** Milliseconds of a clock that is never set back. */
  readonly now?: () => number;
}

/** Keeps a run's lease while it is worked on, and stops the work when the lease is gone. */
export class Heartbeat {
  #timer?: NodeJS.Timeout;
  #beating?: Promise<void>;
  #lastBeat: number;
  #failing = false;
  readonly #now: () => number;

  constructor(
    private readonly queue: RunQueue,
    private readonly run: ClaimedRun,
    private readonly work: AbortController,
    private readonly options: HeartbeatOptions,
  ) {
    this.#now = options.now ?? (() => performance.now());
    this.#lastBeat = this.#now();
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#beating ??= this.beat().finally(() => (this.#beating = undefined));
    }, BEAT_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }

  /** Renews the lease once. Never rejects. */
  async beat(): Promise<void> {
    try {
      const { cancelRequested } = await this.queue.heartbeat(this.run);
      this.#lastBeat = this.#now();
      this.#failing = false;
      if (cancelRequested) this.work.abort(new RunStopped('cancelled'));
    } catch (error) {
      const lost = error instanceof LeaseLost;
      if (!lost) this.warnOnce(error);
      const expired = this.#now() - this.#lastBeat > LEASE_SECONDS * 1000;
      if (lost || expired) this.work.abort(new RunStopped('lease_lost', { cause: error }));
    }
  }

  private warnOnce(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.options.warn({ msg: 'a heartbeat failed', run: this.run.id, error });
  }
}
