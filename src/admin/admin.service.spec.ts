import fc from 'fast-check';
import { toMemoryHealth, toOverview } from './admin.service.js';
import { toFleet } from './fleet.service.js';
import { scaled } from './sampled.js';

const ROW = {
  tenants: 3,
  runs: [
    { provider: 'files', state: 'queued', n: 2 },
    { provider: 'slack', state: 'queued', n: 5 },
    { provider: 'slack', state: 'running', n: 1 },
  ],
  oldest_queued: -0.5,
  connections: [{ provider: 'slack', status: 'active', n: 9 }],
  lag: [],
  outbox: 0,
  oldest_mark: null,
  mark_error: null,
  documents: 50,
  documents_share: 0.1,
  memories: 70,
  memories_share: 1,
};

describe('a count over a part of a table', () => {
  it('is taken as it is where the part is the whole', () => {
    fc.assert(fc.property(fc.nat(), (n) => scaled(n, 1) === n));
  });

  it('stands for the whole otherwise, and is never less than what was counted', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.double({ min: 0.001, max: 1, noNaN: true }), (n, share) => {
        const whole = scaled(n, share);
        expect(Number.isInteger(whole)).toBe(true);
        expect(whole).toBeGreaterThanOrEqual(n);
        expect(Math.abs(whole * share - n)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('the overview', () => {
  const overview = toOverview(toFleet(ROW), 4, []);

  it('adds the runs of all providers up by state', () => {
    expect(overview.runs).toEqual({
      ...{ queued: 7, running: 1, waiting: 0, failed_24h: 4 },
      // Due in a moment.
      oldest_queued_seconds: 0,
    });
  });

  it('says which totals are estimates', () => {
    expect(overview.documents).toEqual({ total: 500, estimated: true });
    expect(overview.memories).toEqual({ total: 70, estimated: false });
  });
});

describe('the health of all memories', () => {
  const row = {
    ...{ total: 100, current: 80, archived: 5, stale: 7, expired: 3, share: 0.5 },
    ...{ supersessions: 4, supersessions_share: 1 },
  };

  it('scales each table by its own share, and adds up what needs attention', () => {
    expect(toMemoryHealth(row)).toEqual({
      ...{ total: 200, current: 160, archived: 10, stale: 14, expired: 6 },
      ...{ supersessions: 4, needs_attention: 20, estimated: true },
    });
  });
});
