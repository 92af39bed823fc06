import { describeRateBudgets } from '../../../connectors/sdk/rate-budgets.contract.js';
import { ManualClock } from '../../../src/common/clock.js';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import { RateBudgetsRepository } from '../../../src/sync/calls/rate-budgets.repository.js';
import { RateBudgetsService } from '../../../src/sync/calls/rate-budgets.service.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';

const COLUMNS = ['updated_at', 'blocked_until', 'refused_at', 'measured_from', 'grows_from'];

describeOnEachDatabase(
  'budgets in the database',
  (open) => {
    let database: Database;
    let scopes = 0;

    beforeAll(async () => {
      database = await open();
    });

    /** A process of its own: its memory and its clock, which is wrong by some hours. */
    function process(clock: ManualClock): RateBudgetsService {
      const background = new BackgroundDatabase(database);
      return new RateBudgetsService(background, new RateBudgetsRepository(), clock);
    }

    /** Time passes in the database when everything there happened earlier. */
    async function age(scope: string, seconds: number): Promise<void> {
      const shift = COLUMNS.map((column) => `${column} = ${column} - make_interval(secs => $2)`);
      await database.asSystem((tx) =>
        tx.query(`update rate_buckets set ${shift.join(', ')} where scope = $1`, [scope, seconds]),
      );
    }

    describeRateBudgets(() => {
      const scope = `slack:T${(scopes += 1)}`;
      const clocks: ManualClock[] = [];
      let advanced = 0;
      return {
        budgets: (pacing) => {
          const clock = new ManualClock(new Date(Date.now() + clocks.length * 3_600_000));
          clocks.push(clock);
          return process(clock).of(scope, { perSecond: null, ...pacing });
        },
        advance: async (seconds) => {
          advanced += seconds;
          for (const clock of clocks) clock.advance(seconds * 1000);
          await age(scope, seconds);
        },
        now: async () => {
          const [row] = await database.asSystem((tx) =>
            tx.query<{ now: number }[]>(
              `select extract(epoch from clock_timestamp())::float8 as now`,
            ),
          );
          return row!.now + advanced;
        },
      };
    });

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
