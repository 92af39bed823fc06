interface Write {
  readonly apply: () => void;
}

/**
 * Writes of one collection, applied in order. One that nobody waits for is answered first and
 * applied later: when its time is over, or with the next write that somebody waits for.
 */
export class WriteQueue {
  private readonly pending: Write[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly applyAfterMs: number | null) {}

  get length(): number {
    return this.pending.length;
  }

  /** Applies what was acknowledged, then this. */
  now<T>(apply: () => T): T {
    this.settle();
    return apply();
  }

  later(apply: () => void): void {
    this.pending.push({ apply });
    if (this.applyAfterMs === null || this.timer !== null) return;
    this.timer = setTimeout(() => this.settle(), this.applyAfterMs);
    // A test that is done does not wait for the writes that it did not wait for.
    this.timer.unref();
  }

  settle(): void {
    this.stop();
    for (const write of this.pending.splice(0)) write.apply();
  }

  /** What was not applied is lost. */
  discard(): void {
    this.stop();
    this.pending.length = 0;
  }

  private stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
