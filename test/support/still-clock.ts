import { ManualClock, SystemClock } from '../../src/common/clock.js';

/** Starts at real time and stands still until a test moves it; sleeps take what they really take. */
export class StillClock extends ManualClock {
  private readonly timers = new SystemClock();

  constructor() {
    super(new Date());
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.timers.sleep(ms, signal);
  }
}
