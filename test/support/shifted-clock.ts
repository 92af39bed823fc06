import { SystemClock } from '../../src/common/clock.js';

/** Real time plus whatever a test adds: what runs on real timers beside it stays consistent. */
export class ShiftedClock extends SystemClock {
  private shiftMs = 0;

  override now(): Date {
    return new Date(Date.now() + this.shiftMs);
  }

  advance(ms: number): void {
    this.shiftMs += ms;
  }

  /** Real time again. */
  reset(): void {
    this.shiftMs = 0;
  }
}
