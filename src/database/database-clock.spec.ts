import type { DataSource } from 'typeorm';
import { ClockKeeper } from './clock-keeper.js';
import { DatabaseClock } from './database-clock.js';

const NOON = Date.parse('2026-03-01T12:00:00Z');
const DAY_MS = 24 * 3_600_000;

/** A machine whose clocks are moved by hand, and a server that answers with its own time. */
function machine(options: { serverMs?: number; answersAfterMs?: number | number[] } = {}) {
  const at = { wall: NOON, monotonic: 500, server: options.serverMs ?? NOON };
  const clock = new DatabaseClock(
    () => at.wall,
    () => at.monotonic,
  );
  const { answersAfterMs = 0 } = options;
  let asked = 0;
  const pass = (ms: number): void => {
    at.wall += ms;
    at.monotonic += ms;
    at.server += ms;
  };
  let released = 0;
  let broken: Error | null = null;
  const client = {
    query: () => {
      if (broken) return Promise.reject(broken);
      const tookMs = Array.isArray(answersAfterMs) ? answersAfterMs[asked]! : answersAfterMs;
      asked += 1;
      pass(tookMs / 2);
      const now = new Date(at.server);
      pass(tookMs / 2);
      return Promise.resolve({ rows: [{ now }] });
    },
  };
  const runner = {
    connect: () => Promise.resolve(client),
    release: () => Promise.resolve(void (released += 1)),
  };
  const dataSource = { createQueryRunner: () => runner } as unknown as DataSource;
  const errors: unknown[] = [];
  const keeper = new ClockKeeper(dataSource, clock, (error) => errors.push(error));
  return {
    ...{ at, clock, keeper, errors, pass },
    released: () => released,
    asked: () => asked,
    breakDown: (error: Error) => void (broken = error),
  };
}

describe('the time of the database', () => {
  it('is that of the machine before the first look', () => {
    const { clock, pass } = machine({ serverMs: NOON + 5_000 });
    pass(1_000);
    expect(clock.now().getTime()).toBe(NOON + 1_000);
  });

  it('goes on as the server told it, whatever becomes of the clock of the machine', async () => {
    const { at, clock, keeper, pass } = machine({ serverMs: NOON + 5_000 });
    await keeper.look();
    expect(clock.now().getTime()).toBe(NOON + 5_000);
    expect(clock.aheadMs).toBe(-5_000);
    at.wall += 9 * DAY_MS;
    pass(60_000);
    expect(clock.now().getTime()).toBe(NOON + 65_000);
    expect(clock.aheadMs).toBe(9 * DAY_MS - 5_000);
  });

  it('is taken as that of the middle between question and answer', async () => {
    const { clock, keeper } = machine({ serverMs: NOON + 5_000, answersAfterMs: 400 });
    await keeper.look();
    expect(clock.now().getTime()).toBe(NOON + 5_400);
  });

  it('is asked for once where the answer is quick, and again after a slow one', async () => {
    const quick = machine({ serverMs: NOON - 9 * DAY_MS, answersAfterMs: [6] });
    await quick.keeper.look();
    expect([quick.asked(), quick.clock.aheadMs]).toEqual([1, 9 * DAY_MS]);
    const slow = machine({ serverMs: NOON + 9 * DAY_MS, answersAfterMs: [1_200, 30] });
    await slow.keeper.look();
    expect([slow.asked(), slow.clock.aheadMs]).toEqual([2, -9 * DAY_MS]);
    expect(slow.released()).toBe(1);
  });

  it('is that of the quickest answer where all are slow, if what is known must be wrong', async () => {
    const answersAfterMs = [1_500, 1_200, 1_300];
    const { at, asked, clock, keeper } = machine({ serverMs: NOON - 9 * DAY_MS, answersAfterMs });
    await keeper.look();
    expect(asked()).toBe(3);
    expect(clock.now().getTime()).toBe(at.server);
    expect(clock.aheadMs).toBe(9 * DAY_MS);
  });

  it('stays as it was known where slow answers may mean the same time', async () => {
    const answersAfterMs = [1_200, 1_400, 2_000];
    const { clock, keeper } = machine({ serverMs: NOON - 300, answersAfterMs });
    await keeper.look();
    expect(clock.aheadMs).toBe(0);
  });

  it('is looked at again and again until it is stopped, one look at a time', async () => {
    const { at, clock, keeper, errors, breakDown, released } = machine();
    let tick = (): void => undefined;
    let stopped = false;
    await keeper.start({
      every: (ms, task) => {
        expect(ms).toBe(60_000);
        tick = task;
        return () => void (stopped = true);
      },
    });
    at.server += 3_000;
    tick();
    tick();
    await keeper.stop();
    expect(clock.now().getTime()).toBe(NOON + 3_000);
    expect(released()).toBe(2);
    expect(stopped).toBe(true);

    breakDown(new Error('gone'));
    tick();
    await keeper.stop();
    expect(errors).toEqual([new Error('gone')]);
    expect(clock.now().getTime()).toBe(NOON + 3_000);
  });
});
