import fc from 'fast-check';
import { emptyCounts } from './run-row.js';
import { RunPace, type PlannedCalls } from './run-events-pace.js';

type Seen = Parameters<RunPace['observe']>[0];

function seen(
  done: number,
  more: Partial<Seen> & { expected?: number; calls?: number } = {},
): Seen {
  const { expected = null, calls = 0, ...rest } = more;
  return {
    status: 'running',
    attempt: 1,
    progress: { done, expected, rate: 0, eta_seconds: null, partition: null },
    counts: { ...emptyCounts(), api_calls: calls },
    ...rest,
  };
}

const at = (seconds: number): Date => new Date(seconds * 1000);

describe('the pace of a run', () => {
  it('is not known at the first look', () => {
    expect(new RunPace().observe(seen(50, { expected: 100 }), at(0), null)).toEqual({
      ...{ rate: null, percent: 50, eta_seconds: null, basis: 'documents' },
    });
  });

  it('is that of the last ten seconds', () => {
    const pace = new RunPace();
    for (let s = 0; s <= 20; s += 1) pace.observe(seen(s), at(s), null);
    for (let s = 21; s <= 30; s += 1) pace.observe(seen(20 + (s - 20) * 50), at(s), null);
    expect(pace.observe(seen(570, { expected: 1000 }), at(31), null)).toMatchObject({
      ...{ rate: 50, percent: 57, eta_seconds: 9 },
    });
  });

  it('begins anew after a wait and with another attempt', () => {
    const pace = new RunPace();
    pace.observe(seen(0), at(0), null);
    expect(pace.observe(seen(10), at(1), null).rate).toBe(10);
    expect(pace.observe(seen(10, { status: 'waiting' }), at(2), null).rate).toBeNull();
    expect(pace.observe(seen(10), at(60), null).rate).toBeNull();
    expect(pace.observe(seen(13), at(61), null).rate).toBe(3);
    expect(pace.observe(seen(20, { attempt: 2 }), at(62), null).rate).toBeNull();
  });

  it('gives no time to go while nothing moves, and none that is made up', () => {
    const pace = new RunPace();
    pace.observe(seen(5, { expected: 10 }), at(0), null);
    expect(pace.observe(seen(5, { expected: 10 }), at(5), null)).toMatchObject({
      ...{ rate: 0, percent: 50, eta_seconds: null },
    });
    expect(pace.observe(seen(6), at(6), null)).toMatchObject({
      ...{ percent: null, eta_seconds: null, basis: null },
    });
  });

  it('is reckoned by planned calls where documents are not known', () => {
    const plan: PlannedCalls = { calls: 200, seconds: 12_000, offset: 30 };
    expect(new RunPace().observe(seen(4, { calls: 20 }), at(0), plan)).toEqual({
      ...{ rate: null, percent: 25, eta_seconds: 9000, basis: 'calls' },
    });
    const unlimited = { ...plan, seconds: null };
    expect(new RunPace().observe(seen(4, { calls: 20 }), at(0), unlimited)).toMatchObject({
      ...{ percent: 25, eta_seconds: null },
    });
  });

  it('says nothing by a plan that was too low', () => {
    const plan: PlannedCalls = { calls: 20, seconds: 60, offset: 0 };
    expect(new RunPace().observe(seen(4, { calls: 20 }), at(0), plan).basis).toBeNull();
  });

  it('never reaches 100 % before the end and never goes below 0', () => {
    const looks = fc.array(fc.tuple(fc.nat(5000), fc.nat(1000), fc.nat(1000)), { minLength: 1 });
    fc.assert(
      fc.property(looks, (all) => {
        const pace = new RunPace();
        let time = 0;
        for (const [ms, done, expected] of all) {
          time += ms;
          const told = pace.observe(seen(done, { expected }), new Date(time), null);
          if (told.percent !== null) {
            expect(told.percent).toBeGreaterThanOrEqual(0);
            expect(told.percent).toBeLessThanOrEqual(99);
          }
          expect(told.rate ?? 0).toBeGreaterThanOrEqual(0);
          expect(told.eta_seconds ?? 0).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(told.eta_seconds ?? 0)).toBe(true);
        }
      }),
    );
  });
});
