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

  beforeEach(() => {
    marks = 0;
    clock = new ManualClock();
    const database = { asSystem: (work: () => unknown) => work() } as unknown as Database;
    const outbox = { count: () => Promise.resolve(marks) } as unknown as OutboxRepository;
    pressure = new OutboxPressure(database, outbox, clock, MOST);
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
});
