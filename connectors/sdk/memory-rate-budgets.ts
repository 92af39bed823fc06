import {
  afterRefusal,
  afterTold,
  blockedFor,
  forgotten,
  isLimited,
  readingOf,
  startingState,
  takeFrom,
  type BudgetState,
} from './budget-state.js';
import type { BudgetReading, Pacing, RateBudgets, Take } from './rate-budgets.js';
import { RecentCallCounter } from './recent-calls.js';

/** Budgets of one process: for tests, and for connectors that are run on their own. */
export class MemoryRateBudgets implements RateBudgets {
  readonly #states = new Map<string, BudgetState>();
  readonly #recent = new Map<string, RecentCallCounter>();

  constructor(
    private readonly clock: () => Date,
    private readonly pacing: Pacing = { perSecond: null },
  ) {}

  take(method: string): Promise<Take> {
    const now = this.now();
    const known = this.#states.get(method) ?? null;
    if (!isLimited(known, now, this.pacing)) {
      this.recent(method).add(now);
      return Promise.resolve({ granted: true });
    }
    const { take, state } = takeFrom(known ?? startingState(now, this.pacing), now, this.pacing);
    this.#states.set(method, state);
    if (take.granted) this.recent(method).add(now);
    return Promise.resolve(take);
  }

  refused(method: string, retryAfterSeconds: number | null): Promise<number> {
    const now = this.now();
    const known = this.#states.get(method) ?? startingState(now, this.pacing);
    const refusal = { retryAfterSeconds, recent: this.recent(method).read(now) };
    const state = afterRefusal(known, now, this.pacing, refusal);
    this.#states.set(method, state);
    return Promise.resolve(state.blockedUntil! - now);
  }

  block(method: string, seconds: number): Promise<void> {
    const now = this.now();
    const state = this.#states.get(method) ?? startingState(now, this.pacing);
    this.#states.set(method, blockedFor(state, now, seconds));
    return Promise.resolve();
  }

  limit(method: string, callsPerMinute: number | null): Promise<void> {
    const now = this.now();
    const known = this.#states.get(method) ?? startingState(now, this.pacing);
    const state =
      callsPerMinute === null
        ? forgotten(known, now, this.pacing)
        : afterTold(known, now, callsPerMinute);
    this.#states.set(method, state);
    return Promise.resolve();
  }

  read(method: string): Promise<BudgetReading | null> {
    const now = this.now();
    const known = this.#states.get(method) ?? null;
    if (!isLimited(known, now, this.pacing)) return Promise.resolve(null);
    return Promise.resolve(readingOf(known ?? startingState(now, this.pacing), now, this.pacing));
  }

  private now(): number {
    return this.clock().getTime() / 1000;
  }

  private recent(method: string): RecentCallCounter {
    const counter = this.#recent.get(method) ?? new RecentCallCounter();
    this.#recent.set(method, counter);
    return counter;
  }
}
