const MAX_RUNS = 1_000;

/**
 * How many threads each run may still read again, as far as this process knows. Other processes
 * learn it from the checkpoints of the audit.
 */
export class RereadAllowances {
  private readonly left = new Map<string | null, number>();

  /** Infinity: nothing is known of the run. */
  of(run: string | null): number {
    return this.left.get(run) ?? Infinity;
  }

  set(run: string | null, left: number): void {
    // A mere question has no other attempt.
    if (run === null) return;
    this.left.delete(run);
    this.left.set(run, left);
    const [oldest] = this.left.keys();
    if (this.left.size > MAX_RUNS && oldest !== undefined) this.left.delete(oldest);
  }
}
