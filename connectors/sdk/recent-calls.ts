import { WINDOW_SECONDS, type RecentCalls } from './budget-state.js';

/** How many calls this process made in the last minute, counted by the second. */
export class RecentCallCounter {
  #counts: { second: number; calls: number }[] = [];

  add(now: number): void {
    const second = Math.floor(now);
    const last = this.#counts.at(-1);
    if (last?.second === second) last.calls += 1;
    else this.#counts.push({ second, calls: 1 });
    if (this.#counts.length > 2 * WINDOW_SECONDS) this.forgetOld(now);
  }

  read(now: number): RecentCalls {
    this.forgetOld(now);
    const oldest = this.#counts[0];
    const calls = this.#counts.reduce((sum, count) => sum + count.calls, 0);
    return { calls, seconds: oldest ? Math.min(WINDOW_SECONDS, now - oldest.second) : 0 };
  }

  private forgetOld(now: number): void {
    this.#counts = this.#counts.filter(({ second }) => second > now - WINDOW_SECONDS);
  }
}
