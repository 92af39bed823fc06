import { MemoryRateBudgets } from './memory-rate-budgets.js';
import { describeRateBudgets } from './rate-budgets.contract.js';

describe('budgets in memory', () => {
  describeRateBudgets(() => {
    let time = Date.parse('2026-01-01T00:00:00Z');
    const now = (): Date => new Date(time);
    const budgets = new MemoryRateBudgets(now);
    return {
      budgets: (pacing) =>
        pacing ? new MemoryRateBudgets(now, { perSecond: null, ...pacing }) : budgets,
      advance: (seconds) => Promise.resolve(void (time += seconds * 1000)),
      now: () => Promise.resolve(time / 1000),
    };
  });
});
