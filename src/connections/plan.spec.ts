import { planTime } from './plan.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const estimate = (method: string, calls: number, callsPerMinute: number | null) => ({
  ...{ method, calls, callsPerMinute, basis: 'counted' },
});

describe('the time of a backfill', () => {
  it('is that of its slowest method', () => {
    const plan = planTime([estimate('history', 600, 1), estimate('replies', 500, 50)], NOW);
    expect(plan).toMatchObject({ calls: 1100, seconds: 36_000, reason: null });
    expect(plan.finish_at).toBe('2026-03-01T22:00:00.000Z');
    expect(plan.methods.map(({ seconds }) => seconds)).toEqual([36_000, 600]);
  });

  it('leaves out what has no known limit, and says so', () => {
    const plan = planTime([estimate('history', 60, 60), estimate('search', 5, null)], NOW);
    expect(plan).toMatchObject({ seconds: 60, finish_at: '2026-03-01T12:01:00.000Z' });
    expect(plan.reason).toContain('search');
  });

  it('is unknown where no limit is known', () => {
    const plan = planTime([estimate('history', 60, null)], NOW);
    expect(plan).toMatchObject({ calls: 60, seconds: null, finish_at: null });
    expect(plan.reason).toContain('No limit is known');
  });

  it('is unknown where the connector cannot tell', () => {
    expect(planTime(null, NOW)).toEqual({
      ...{ calls: null, seconds: null, finish_at: null, methods: [] },
      reason: 'The connector cannot tell how many calls its backfill takes.',
    });
  });

  it('is now when nothing is left', () => {
    expect(planTime([], NOW)).toMatchObject({
      ...{ calls: 0, seconds: 0, finish_at: NOW.toISOString() },
      reason: 'Everything has been read once.',
    });
  });
});
