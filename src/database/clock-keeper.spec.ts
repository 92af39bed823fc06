import type { DataSource } from 'typeorm';
import { ClockKeeper } from './clock-keeper.js';
import { DatabaseClock } from './database-clock.js';

const DAY = 86_400_000;
const THERE = Date.parse('2026-01-10T00:00:00Z');

/** A machine whose clock is off, and a database that takes these milliseconds to answer. */
function setUp({ off, answers }: { off: number; answers: number[] }) {
  let at = 0;
  const clock = new DatabaseClock(
    () => THERE + at + off,
    () => at,
  );
  const asked: number[] = [];
  const query = () => {
    const took = answers[asked.length]!;
    asked.push(took);
    at += took / 2;
    const now = new Date(THERE + at);
    at += took / 2;
    return Promise.resolve({ rows: [{ now }] });
  };
  const runner = { connect: () => Promise.resolve({ query }), release: () => Promise.resolve() };
  const dataSource = { createQueryRunner: () => runner } as unknown as DataSource;
  const keeper = new ClockKeeper(dataSource, clock, (error) => {
    throw error;
  });
  return { clock, keeper, asked, wrongBy: () => clock.now().getTime() - THERE - at };
}

describe('ClockKeeper', () => {
  it('takes the first quick answer', async () => {
    const { keeper, asked, wrongBy } = setUp({ off: 9 * DAY, answers: [6] });
    await keeper.look();
    expect([asked, wrongBy()]).toEqual([[6], 0]);
  });

  it('asks again after a slow one', async () => {
    const { keeper, asked, wrongBy } = setUp({ off: -9 * DAY, answers: [1200, 30] });
    await keeper.look();
    expect([asked, wrongBy()]).toEqual([[1200, 30], 0]);
  });

  it('takes the quickest where all are slow, rather than a time that is days off', async () => {
    const { keeper, clock, asked, wrongBy } = setUp({ off: 9 * DAY, answers: [1500, 1200, 1300] });
    await keeper.look();
    expect(asked).toEqual([1500, 1200, 1300]);
    expect(wrongBy()).toBe(0);
    expect(clock.aheadMs).toBe(9 * DAY);
  });

  it('keeps what it knows where a slow answer may be the same time', async () => {
    const { keeper, clock } = setUp({ off: 300, answers: [1200, 1400, 2000] });
    await keeper.look();
    expect(clock.aheadMs).toBe(0);
  });
});
