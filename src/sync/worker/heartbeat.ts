import { LEASE_SECONDS, LeaseLost, type ClaimedRun, type RunQueue } from '../../runs/run-queue.js';
import { RunStopped } from '../engine/run-stopped.js';

const BEAT_MS = 2000;

/** Keeps a run's lease while it is worked on, and stops the work when the lease is gone. */
export class Heartbeat {
  #timer?: NodeJS.Timeout;
  #beating?: Promise<void>;
  #lastBeat = performance.now();

  constructor(
    private readonly queue: RunQueue,
    private readonly run: ClaimedRun,
    private readonly work: AbortController,
  ) {}

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

  private async beat(): Promise<void> {
    try {
      const { cancelRequested } = await this.queue.heartbeat(this.run);
      this.#lastBeat = performance.now();
      if (cancelRequested) this.work.abort(new RunStopped('cancelled'));
    } catch (error) {
      const expired = performance.now() - this.#lastBeat > LEASE_SECONDS * 1000;
      if (error instanceof LeaseLost || expired) this.work.abort(new RunStopped('lease_lost'));
    }
  }
}
