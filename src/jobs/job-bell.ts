import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';

/**
 * Tells this process that a job was added or has ended, so that nobody waits for the next look at
 * the table. Other processes find out by looking.
 */
@Injectable()
export class JobBell {
  private rings = 0;
  private readonly sleepers = new Set<AbortController>();

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Take it before looking at the table: `wait` then misses no ring after the look. */
  get count(): number {
    return this.rings;
  }

  ring(): void {
    this.rings++;
    for (const sleeper of this.sleepers) sleeper.abort();
  }

  /** Ends with the first ring after `count`, after `ms`, or when the signal aborts. */
  async wait(count: number, ms: number, signal: AbortSignal): Promise<void> {
    if (count !== this.rings || signal.aborted) return;
    const sleeper = new AbortController();
    this.sleepers.add(sleeper);
    const ended = AbortSignal.any([sleeper.signal, signal]);
    try {
      await this.clock.sleep(ms, ended);
    } catch (error) {
      if (!ended.aborted) throw error;
    } finally {
      this.sleepers.delete(sleeper);
    }
  }
}
