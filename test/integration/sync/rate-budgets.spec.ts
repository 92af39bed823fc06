import { describeRateBudgets } from '../../../connectors/sdk/rate-budgets.contract.js';
import { ManualClock } from '../../../src/common/clock.js';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import { RateBudgetsRepository } from '../../../src/sync/calls/rate-budgets.repository.js';
import { RateBudgetsService } from '../../../src/sync/calls/rate-budgets.service.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';

const CLOCKS = ['statement_timestamp', 'clock_timestamp'];

/**
 * Clocks of the database that stand where a setting says, found before its own ones by whoever
 * looks for functions in `stopped` first: budgets are measured without the time the test takes.
 */
async function prepareStoppedTime(database: Database): Promise<void> {
  await database.asSystem(async (tx) => {
    await tx.query('create schema stopped');
    for (const clock of CLOCKS)
      await tx.query(
        `create function stopped.${clock}() returns timestamptz language sql stable as
           $$ select to_timestamp(current_setting('stopped.now')::float8) $$`,
      );
  });
}

function atTime(database: Database, now: () => number): BackgroundDatabase {
  const stopped = Object.create(new BackgroundDatabase(database)) as BackgroundDatabase;
  stopped.asSystem = (work) =>
    database.asSystem(async (tx) => {
      await tx.query(
        `select set_config('search_path', 'stopped, pg_catalog, ' || current_schema(), true),
           set_config('stopped.now', $1, true)`,
        [String(now())],
      );
      return work(tx);
    });
  return stopped;
}

describeOnEachDatabase(
  'budgets in the database',
  (open) => {
    let database: Database;
    let scopes = 0;

    beforeAll(async () => {
      database = await open();
      await prepareStoppedTime(database);
    });

    describeRateBudgets(() => {
      const scope = `slack:T${(scopes += 1)}`;
      const clocks: ManualClock[] = [];
      let seconds = 1_700_000_000;
      const stopped = atTime(database, () => seconds);
      return {
        // Each is a process of its own: with its memory and its clock, which is wrong by some hours.
        budgets: (pacing) => {
          const clock = new ManualClock(new Date((seconds + clocks.length * 3600) * 1000));
          clocks.push(clock);
          return process(clock, stopped).of(scope, { perSecond: null, ...pacing });
        },
        advance: (by) => {
          seconds += by;
          for (const clock of clocks) clock.advance(by * 1000);
          return Promise.resolve();
        },
        now: () => Promise.resolve(seconds),
      };
    });

    function process(
      clock: ManualClock,
      background = new BackgroundDatabase(database),
    ): RateBudgetsService {
      return new RateBudgetsService(background, new RateBudgetsRepository(), clock);
    }

    /** A process whose looks at the database are counted. */
    function counted(clock: ManualClock): { service: RateBudgetsService; asked: () => number } {
      let asked = 0;
      const counting = {
        asSystem: (work: never) => {
          asked += 1;
          return database.asSystem(work);
        },
      } as unknown as BackgroundDatabase;
      const service = new RateBudgetsService(counting, new RateBudgetsRepository(), clock);
      return { service, asked: () => asked };
    }

    it('asks the database only now and then while no limit is known', async () => {
      const clock = new ManualClock();
      const { service, asked } = counted(clock);
      const budgets = service.of('slack:free', { perSecond: null });
      for (let n = 0; n < 1000; n += 1) {
        clock.advance(1);
        await budgets.take('users.list');
      }
      expect(asked()).toBeLessThanOrEqual(5);
    });

    it('asks once for all who want to call at the same time', async () => {
      const { service, asked } = counted(new ManualClock());
      const budgets = service.of('slack:crowd', { perSecond: null });
      const takes = await Promise.all(Array.from({ length: 20 }, () => budgets.take('users.list')));
      expect(takes.every(({ granted }) => granted)).toBe(true);
      expect(asked()).toBe(1);
    });

    it('lets each of a crowd ask for itself where there is a limit', async () => {
      const clock = new ManualClock();
      const { service } = counted(clock);
      const budgets = service.of('slack:queue', { perSecond: null });
      await budgets.limit('users.list', 60);
      const takes = await Promise.all(Array.from({ length: 5 }, () => budgets.take('users.list')));
      expect(takes.filter(({ granted }) => granted).length).toBeLessThanOrEqual(1);
    });

    it('stops at a local refusal at once, without asking', async () => {
      const clock = new ManualClock();
      const budgets = process(clock).of('slack:local', { perSecond: null });
      await budgets.take('users.list');
      const refusal = budgets.refused('users.list', 20);
      expect(await budgets.take('users.list')).toMatchObject({ granted: false });
      await refusal;
    });
  },
  { pgvector: false },
);
