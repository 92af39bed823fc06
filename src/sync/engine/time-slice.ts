import type { ClaimedRun, RunQueue } from '../../runs/run-queue.js';

/** A run keeps its slot this long at least, since taking it up again has a price. */
export const MIN_SLICE_MS = 1000;
/** With few waiting there is no hurry: each slice costs the source a listing of partitions. */
export const MAX_SLICE_MS = 10_000;
/** Shared out among those who wait, within these limits. */
const ROUND_MS = 40_000;
const MOST_COUNTED = ROUND_MS / MIN_SLICE_MS;
const ASK_EVERY_MS = 250;

/** How long a run may keep its slot while others wait for one. */
export class TimeSlice {
  readonly #start: number;
  #askedAt: number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(
    private readonly queue: Pick<RunQueue, 'othersWaiting'>,
    private readonly run: ClaimedRun,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#start = now();
    this.#askedAt = this.#start;
  }

  /** Whether the slot is to go to another run now; to be asked where a run can be taken up again. */
  async isOver(): Promise<boolean> {
    const now = this.now();
    const held = now - this.#start;
    if (held < MIN_SLICE_MS || now - this.#askedAt < ASK_EVERY_MS) return false;
    this.#askedAt = now;
    return held >= sliceFor(await this.queue.othersWaiting(this.run, MOST_COUNTED));
  }
}

/** Milliseconds; endless while nobody waits. */
export function sliceFor(waiting: number): number {
  return waiting === 0
    ? Infinity
    : Math.min(MAX_SLICE_MS, Math.max(MIN_SLICE_MS, ROUND_MS / waiting));
}
