import fc from 'fast-check';
import { isDue } from './audit-lane.js';

const CYCLE = 7 * 86_400_000;
const START = Date.UTC(2026, 0, 1);

describe('the audit', () => {
  it('takes every thread exactly once a cycle, however its runs are spread', () => {
    const runs = fc.array(fc.integer({ min: 1, max: CYCLE - 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.nat(), runs, (seed, between) => {
        const ts = `${1_600_000_000 + seed}.000100`;
        const times = [0, ...between.sort((a, b) => a - b), CYCLE].map((time) => START + time);
        const turns = times.slice(1).filter((until, i) => isDue(ts, CYCLE, times[i]!, until));
        expect(turns).toHaveLength(1);
      }),
    );
  });

  it('spreads the threads evenly', () => {
    const threads = Array.from({ length: 7_000 }, (_, i) => `${1_700_000_000 + i * 61}.000200`);
    for (let day = 0; day < 7; day++) {
      const [since, until] = [START + day * 86_400_000, START + (day + 1) * 86_400_000];
      const due = threads.filter((ts) => isDue(ts, CYCLE, since, until)).length;
      expect(due).toBeGreaterThan(850);
      expect(due).toBeLessThan(1_150);
    }
  });
});
