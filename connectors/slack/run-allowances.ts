const MAX_RUNS = 1_000;

/** What a run may still call for what is known already. */
export interface RunAllowance {
  /** When this process began to work on the run, ms. */
  readonly since: number;
  /** Calls that listings may still make beyond one per channel; null: not counted yet. */
  pages: number | null;
  /** Channels whose whole listing is paid for. */
  readonly whole: Set<string>;
  /** Threads that may still be read again; null: not counted yet. */
  rereads: number | null;
}

/**
 * What each run has left, as far as this process knows: one that waits must not have a new share
 * after each pause, or it would last until everything is read. Other processes learn it from the
 * checkpoint that they go on from.
 */
export class RunAllowances {
  private readonly byRun = new Map<string, RunAllowance>();

  /**
   * @param run null: a mere question, which has no other attempt
   * @param now milliseconds
   */
  of(run: string | null, now: number): RunAllowance {
    const fresh = { since: now, pages: null, whole: new Set<string>(), rereads: null };
    if (run === null) return fresh;
    const allowance = this.byRun.get(run) ?? fresh;
    this.byRun.delete(run);
    this.byRun.set(run, allowance);
    const [oldest] = this.byRun.keys();
    if (this.byRun.size > MAX_RUNS && oldest !== undefined) this.byRun.delete(oldest);
    return allowance;
  }
}
