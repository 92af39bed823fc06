import fc from 'fast-check';
import { boost, boosted, HIGHEST_BOOST } from './boosts.js';

const NOW = new Date('2026-05-08T12:00:00Z');
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

describe('the boost', () => {
  it.each([
    ['of this moment, usual', 0.7, 0, 0.04],
    ['of a month ago, usual', 0.7, 30, 0.02],
    ['of two months ago, usual', 0.7, 60, 0.01],
    ['of long ago, most important', 1, 36_500, 0.015],
    ['of long ago, least important', 0, 36_500, -0.035],
    ['dated into the future', 0.7, -400, 0.04],
  ])('for a memory %s', (_, importance, days, share) => {
    expect(boost({ importance, time: daysAgo(days) }, NOW)).toBeCloseTo(share, 10);
  });

  it('stays within its bounds, and rises with importance and recency', () => {
    const importance = fc.double({ min: 0, max: 1, noNaN: true });
    const age = fc.integer({ min: -10_000, max: 100_000 });
    fc.assert(
      fc.property(importance, importance, age, age, (a, b, x, y) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const [young, old] = [daysAgo(Math.min(x, y)), daysAgo(Math.max(x, y))];
        const least = boost({ importance: low, time: old }, NOW);
        const most = boost({ importance: high, time: young }, NOW);
        expect(most).toBeGreaterThanOrEqual(least);
        expect(least).toBeGreaterThanOrEqual(-0.035 - 1e-12);
        expect(most).toBeLessThanOrEqual(HIGHEST_BOOST + 1e-12);
      }),
    );
  });

  it('lifts scores below 0 as well', () => {
    expect(boosted(-0.5, 0.04)).toBeGreaterThan(-0.5);
    expect(boosted(0.5, 0.04)).toBeCloseTo(0.52, 10);
  });
});
