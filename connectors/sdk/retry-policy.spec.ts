import fc from 'fast-check';
import { pauseAfterFault, RETRY_POLICY } from './retry-policy.js';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('pauseAfterFault', () => {
  it('is spread over the whole time up to a bound that doubles', () => {
    const longest = [1, 2, 3, 4, 5, 6].map((fault) => pauseAfterFault(fault, 0.999_999));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(pauseAfterFault(3, 0)).toBe(0);
    expect(pauseAfterFault(3, 0.5)).toBe(1000);
  });

  it('never exceeds the longest pause', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), random, (fault, spread) => {
        const pause = pauseAfterFault(fault, spread);
        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThanOrEqual(RETRY_POLICY.maxPauseMs);
      }),
    );
  });
});
