import { ManualClock } from '../common/clock.js';
import type { Config } from '../config/config.js';
import { RateLimiter } from './rate-limiter.js';

const HOUR_MS = 3_600_000;

describe('RateLimiter', () => {
  it('begins a new window after the clock was set back', () => {
    const clock = new ManualClock();
    const config = { plans: { standard: { requestsPerMinute: 1 } } } as unknown as Config;
    const limiter = new RateLimiter(config, clock);
    expect(limiter.take('tenant', 'standard').allowed).toBe(true);
    expect(limiter.take('tenant', 'standard').allowed).toBe(false);
    clock.advance(-2 * HOUR_MS);
    expect(limiter.take('tenant', 'standard').allowed).toBe(true);
    expect(limiter.take('tenant', 'standard').allowed).toBe(false);
    clock.advance(60_000);
    expect(limiter.take('tenant', 'standard').allowed).toBe(true);
  });
});
