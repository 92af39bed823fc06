import { SystemClock } from '../common/clock.js';

/**
 * The time of the database server. Between two looks at it a monotonic clock counts, so a machine
 * whose clock jumps changes nothing: neither what is purged, nor whose lock has run out, nor what
 * is due. Until the first look it is the machine's time.
 */
export class DatabaseClock extends SystemClock {
  private known: { readonly time: number; readonly at: number };

  /**
   * @param wall the machine's time, in milliseconds since 1970
   * @param monotonic milliseconds since any moment; never set back
   */
  constructor(
    private readonly wall: () => number = () => Date.now(),
    readonly monotonic: () => number = () => performance.now(),
  ) {
    super();
    this.known = { time: wall(), at: monotonic() };
  }

  override now(): Date {
    return new Date(this.known.time + this.monotonic() - this.known.at);
  }

  /** @param at when it was that time there, by `monotonic` */
  set(time: Date, at: number): void {
    this.known = { time: time.getTime(), at };
  }

  /**
   * @param time what another clock said
   * @param at when it did, by `monotonic`
   * @returns milliseconds by which this clock was ahead of it then; below 0 where it was behind
   */
  aheadOf(time: Date, at: number): number {
    return this.known.time + at - this.known.at - time.getTime();
  }

  /** How far the machine's clock is ahead of the database's; below 0 where it is behind. */
  get aheadMs(): number {
    return this.wall() - this.now().getTime();
  }
}
