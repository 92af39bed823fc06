import type { Database } from '../../../src/database/database.js';
import { nextRunAt } from '../../../src/scheduler/next-run.js';
import { SchedulerRepository } from '../../../src/scheduler/scheduler.repository.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { QueuedRuns } from './queued-runs.js';

const ROWS_ONLY = { pgvector: false };

describeOnEachDatabase(
  'ticks of a schedule',
  (open) => {
    const repository = new SchedulerRepository();
    let database: Database;
    let runs: QueuedRuns;

    beforeAll(async () => {
      database = await open();
    });
    beforeEach(async () => {
      runs = await QueuedRuns.prepare(database);
      await runs.sql(`update connections set schedule = null, next_run_at = null`);
    });

    const scheduled = async (due: string, status = 'active'): Promise<string> => {
      const id = await runs.connection();
      await runs.sql(
        `update connections set schedule = '{"every_minutes":10}', status = $3,
           next_run_at = now() + $2::interval where id = $1`,
        [id, due, status],
      );
      return id;
    };
    /** As the scheduler does it. */
    const tick = (): Promise<string[]> =>
      database.asSystem(async (tx) => {
        const due = await repository.lockDue(tx, 3);
        await repository.setNext(
          tx,
          due.map((one) => ({
            id: one.id,
            at: nextRunAt(one.schedule, { ...one, connection: one.id }),
          })),
        );
        return due.map(({ id }) => id);
      });
    const inMinutes = async (id: string): Promise<number> => {
      const [row] = await runs.sql<{ minutes: number }>(
        `select extract(epoch from next_run_at - now())::float / 60 as minutes
         from connections where id = $1`,
        [id],
      );
      return row!.minutes;
    };

    it('take each connection once, however many processes tick at once', async () => {
      const ids = await Promise.all(Array.from({ length: 10 }, () => scheduled('-1 second')));
      const taken: string[] = [];
      for (let round = 0; round < 4; round += 1)
        taken.push(...(await Promise.all(Array.from({ length: 5 }, tick))).flat());
      expect(taken.sort()).toEqual(ids.sort());
    });

    it('take connections that are due and active, and no others', async () => {
      const due = await scheduled('0 seconds');
      await scheduled('1 minute');
      await scheduled('-1 minute', 'paused');
      await scheduled('-1 minute', 'needs_auth');
      expect(await tick()).toEqual([due]);
      expect(await tick()).toEqual([]);
    });

    it('make up for everything that was missed with one run, on the grid of before', async () => {
      const id = await scheduled('-3 days -4 minutes');
      expect(await tick()).toEqual([id]);
      const minutes = await inMinutes(id);
      expect(minutes).toBeGreaterThan(3);
      expect(minutes).toBeLessThan(6.01);
      expect(await tick()).toEqual([]);
    });

    it('stop a connection whose schedule cannot be read, and say why', async () => {
      const id = await scheduled('-1 second');
      await database.asSystem((tx) => repository.stop(tx, id, 'no such time zone'));
      expect(await tick()).toEqual([]);
      expect(
        await runs.sql(`select status, status_reason, next_run_at from connections where id = $1`, [
          id,
        ]),
      ).toEqual([{ status: 'error', status_reason: 'no such time zone', next_run_at: null }]);
    });
  },
  ROWS_ONLY,
);
