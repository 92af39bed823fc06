import { ManualClock } from '../../common/clock.js';
import type { Database } from '../../database/database.js';
import { OutboxPressure } from './outbox-pressure.js';
import type { OutboxRepository } from './outbox.repository.js';

const HOUR_MS = 3_600_000;
const MOST = 10;

describe('OutboxPressure', () => {
  let marks: number;
  let clock: ManualClock;
  let pressure: OutboxPressure;
  let pressureAt: (most: number) => OutboxPressure;

  beforeEach(() => {
    marks = 0;
    clock = new ManualClock();
    const database = { asSystem: (work: () => unknown) => work() } as unknown as Database;
    const count = (_: unknown, limit: number) => Promise.resolve(Math.min(marks, limit));
    const outbox = { count, countUnderWay: count } as unknown as OutboxRepository;
    pressureAt = (most) => new OutboxPressure(database, outbox, clock, most);
    pressure = pressureAt(MOST);
  });

  it('believes what it counted for a second', async () => {
    await pressure.require();
    marks = MOST;
    await pressure.require();
    clock.advance(1000);
    await expect(pressure.require()).rejects.toMatchObject({ code: 'index_behind' });
  });

  it.each([
    ['nor lets requests through', 0, MOST],
    ['nor refuses them', MOST, 0],
  ])('neither believes it for hours after the clock was set back %s', async (_, before, after) => {
    marks = before;
    await pressure.require().catch(() => undefined);
    marks = after;
    clock.advance(-2 * HOUR_MS);
    const isRefused = await pressure.require().then(
      () => false,
      () => true,
    );
    expect(isRefused).toBe(after >= MOST);
  });

  it.each([
    [0, 1000],
    [5_000, 1000],
    [9_700, 300],
    [10_000, 0],
    [30_000, 0],
  ])('has maintenance go on until a tenth of 100,000 is marked: %d leave %d', async (now, room) => {
    marks = now;
    expect(await pressureAt(100_000).maintenanceRoom()).toBe(room);
  });

  it('has syncs wait for what was lost, and not the other way round', async () => {
    marks = 30_000;
    pressure = pressureAt(100_000);
    expect(await pressure.maintenanceRoom(true)).toBe(1000);
    const late = AbortSignal.abort(new Error('still waiting'));
    await expect(pressure.wait(late)).rejects.toThrow('still waiting');
    marks = 50_000;
    expect(await pressure.maintenanceRoom(true)).toBe(0);
  });
});
