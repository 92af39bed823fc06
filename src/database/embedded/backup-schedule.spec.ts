import { ManualClock } from '../../common/clock.js';
import { BackupSchedule } from './backup-schedule.js';
import type { BackupReport } from './backups.js';

const HOUR = 60 * 60_000;

describe('BackupSchedule', () => {
  it('takes one at the first look and then one a day', async () => {
    const clock = new ManualClock();
    const taken: Date[] = [];
    const backups = {
      create: (): Promise<BackupReport> => {
        taken.unshift(clock.now());
        return Promise.resolve({ path: '', createdAt: '', bytes: 0, warning: '' });
      },
      list: () => Promise.resolve(taken.map((createdAt) => ({ path: '', createdAt }))),
    };
    const schedule = new BackupSchedule(backups, clock, (error) => {
      throw error;
    });
    for (let hour = 0; hour < 72; hour += 1) {
      await schedule.tick();
      clock.advance(HOUR);
    }
    expect(taken).toHaveLength(3);
  });

  it('reports a backup that fails and tries again', async () => {
    const errors: unknown[] = [];
    let task: () => void = () => undefined;
    const full = new Error('disk full');
    const schedule = new BackupSchedule(
      { create: () => Promise.reject(full), list: () => Promise.resolve([]) },
      new ManualClock(),
      (error) => errors.push(error),
    );
    schedule.start({
      every: (_ms, given) => {
        task = given;
        return () => undefined;
      },
    });
    task();
    await schedule.stop();
    task();
    await schedule.stop();
    expect(errors).toEqual([full, full]);
  });
});
