import type { Database } from '../../../src/database/database.js';
import { QUEUE_ORDER, DUE, withinCaps } from '../../../src/runs/queue-order.js';
import { MAX_CRASHES } from '../../../src/runs/run-reaping.js';
import type { ClaimedRun } from '../../../src/runs/run-queue.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { QueuedRuns } from './queued-runs.js';

const ROWS_ONLY = { pgvector: false };

describeOnEachDatabase(
  'the order of claims',
  (open) => {
    let database: Database;

    beforeAll(async () => {
      database = await open();
    });

    const claimAll = async (runs: QueuedRuns): Promise<string[]> => {
      const ids: string[] = [];
      for (let run = await runs.claim(); run; run = await runs.claim()) ids.push(run.id);
      return ids;
    };
    /** Runs of one minute, so that nothing but who was served last tells them apart. */
    const sameMinute = (runs: QueuedRuns): Promise<unknown> =>
      runs.sql(`update runs set run_at = date_trunc('minute', now() - interval '1 minute')`);

    it('is that of priority until a run has waited long enough', async () => {
      const runs = await QueuedRuns.prepare(database);
      const [patient, schedule, webhook, manual] = [
        await runs.queued('schedule'),
        await runs.queued('schedule'),
        await runs.queued('webhook'),
        await runs.queued('manual'),
      ];
      await runs.runAt(patient, '-25 minutes');
      await runs.runAt(schedule, '-15 minutes');
      expect(await claimAll(runs)).toEqual([patient, manual, schedule, webhook]);
    });

    it('among equals takes the connection that was served longest ago', async () => {
      const runs = await QueuedRuns.prepare(database);
      const connections = [
        await runs.connection(),
        await runs.connection(),
        await runs.connection(),
      ];
      for (const connection of connections.slice(0, 2)) {
        await runs.enqueue(connection);
        await runs.release((await runs.claim())!, 'success');
      }
      const [second, third, first] = [
        (await runs.enqueue(connections[0]!)).id,
        (await runs.enqueue(connections[1]!)).id,
        (await runs.enqueue(connections[2]!)).id,
      ];
      await sameMinute(runs);
      expect(await claimAll(runs)).toEqual([first, second, third]);
    });

    it('goes round all who yield', async () => {
      const runs = await QueuedRuns.prepare(database);
      const ids = [await runs.queued(), await runs.queued(), await runs.queued()];
      const served: string[] = [];
      for (let turn = 0; turn < 9; turn += 1) {
        const run = (await runs.claim())!;
        served.push(run.id);
        await runs.yield(run);
        await sameMinute(runs);
      }
      expect(served.slice(0, 3).sort()).toEqual(ids.sort());
      expect(served.slice(3, 6)).toEqual(served.slice(0, 3));
      expect(served.slice(6)).toEqual(served.slice(0, 3));
    });

    describe('caps', () => {
      it('hold per tenant, over all who claim at once', async () => {
        const caps = { perTenant: 2, perProvider: 100 };
        const runs = await QueuedRuns.prepare(database, caps);
        const others = await QueuedRuns.ofAnotherTenant(database, caps);
        for (let n = 0; n < 5; n += 1) await runs.queued();
        const other = await others.queued('schedule');
        const claims = await Promise.all(Array.from({ length: 8 }, () => runs.claim()));
        const taken = claims.filter((run): run is ClaimedRun => run !== undefined);
        expect(taken.map((run) => run.tenant_id === runs.tenant).sort()).toEqual([
          false,
          true,
          true,
        ]);
        expect(taken.find((run) => run.tenant_id !== runs.tenant)!.id).toBe(other);
        const mine = taken.find((run) => run.tenant_id === runs.tenant)!;
        await runs.release(mine, 'success');
        expect(await claimAll(runs)).toHaveLength(1);
      });

      it('hold per provider, over all tenants', async () => {
        const caps = { perTenant: 100, perProvider: 1 };
        const runs = await QueuedRuns.prepare(database, caps);
        const others = await QueuedRuns.ofAnotherTenant(database, caps);
        await runs.queued('manual', 'slack');
        await others.queued('manual', 'slack');
        const notion = await others.queued('schedule', 'notion');
        const first = (await runs.claim())!;
        expect(first.provider).toBe('slack');
        expect(await claimAll(runs)).toEqual([notion]);
        await runs.release(first, 'waiting', { waiting: { reason: 'test', seconds: 60 } });
        expect((await runs.claim())!.provider).toBe('slack');
      });
    });

    describe('a run that yields', () => {
      it('goes on as the same attempt, with nothing that looks like an error', async () => {
        const runs = await QueuedRuns.prepare(database);
        const id = await runs.queued();
        for (let slice = 1; slice <= 20; slice += 1) {
          const run = (await runs.claim(`worker ${slice}`))!;
          expect(run).toMatchObject({ id, attempt: 1 });
          await runs.yield(run);
          expect(await runs.row(id)).toMatchObject({
            ...{ state: 'queued', waiting: null, error: null, error_detail: null },
            finished_at: null,
          });
        }
        await runs.release((await runs.claim('the last worker'))!, 'success');
        const attempts = await runs.sql(
          `select attempt, lease_owner, outcome, error, slices, ended_at is null as open
           from run_attempts where run_id = $1`,
          [id],
        );
        expect(attempts).toEqual([
          {
            ...{ attempt: 1, lease_owner: 'the last worker', outcome: 'success', error: null },
            ...{ slices: 21, open: false },
          },
        ]);
      });

      it('is not one without progress', async () => {
        const runs = await QueuedRuns.prepare(database);
        await runs.queued();
        for (let n = 0; n < 10; n += 1) await runs.yield((await runs.claim())!);
        const run = (await runs.claim())!;
        const without = database.asSystem((tx) => runs.queue.attemptsWithoutProgress(tx, run));
        expect(await without).toBe(1);
      });

      it('is cancelled instead when that was asked for', async () => {
        const runs = await QueuedRuns.prepare(database);
        const run = await runs.claimed();
        await runs.cancel(run.id);
        await runs.yield(run);
        expect(await runs.row(run.id)).toMatchObject({ state: 'cancelled' });
        expect(await runs.outcomes(run.id)).toEqual(['cancelled']);
      });
    });

    describe('others wait', () => {
      const waiting = (runs: QueuedRuns, run: ClaimedRun) => runs.queue.othersWaiting(run, 10);

      it('when they would be claimed first', async () => {
        const runs = await QueuedRuns.prepare(database);
        const run = await runs.claimed();
        expect(await waiting(runs, run)).toBe(0);
        const [soon, later] = [await runs.queued(), await runs.queued()];
        await runs.runAt(later, '1 hour');
        // It has just come: whoever has a free slot takes it.
        await runs.runAt(soon, '0 seconds');
        expect(await waiting(runs, run)).toBe(0);
        await runs.runAt(soon, '-2 seconds');
        expect(await waiting(runs, run)).toBe(1);
      });

      it('only as long as they are as important', async () => {
        const runs = await QueuedRuns.prepare(database);
        const run = await runs.claimed();
        const schedule = await runs.queued('schedule');
        await runs.runAt(schedule, '-15 minutes');
        expect(await waiting(runs, run)).toBe(0);
        await runs.runAt(schedule, '-25 minutes');
        expect(await waiting(runs, run)).toBe(1);
      });

      it('only when the slot would be theirs', async () => {
        const caps = { perTenant: 1, perProvider: 100 };
        const runs = await QueuedRuns.prepare(database, caps);
        const others = await QueuedRuns.ofAnotherTenant(database, caps);
        const run = await runs.claimed();
        await others.queued();
        expect((await others.claim())!.tenant_id).toBe(others.tenant);
        await others.runAt(await others.queued(), '-1 minute');
        expect(await waiting(runs, run)).toBe(0);
        await runs.runAt(await runs.queued(), '-1 minute');
        expect(await waiting(runs, run)).toBe(1);
      });
    });

    describe('a run whose workers die', () => {
      const crash = async (runs: QueuedRuns) => {
        const run = (await runs.claim())!;
        await runs.expire(run.id);
        return (await runs.reap())[0]!;
      };

      it('ends after so many of them in a row', async () => {
        const runs = await QueuedRuns.prepare(database);
        const id = await runs.queued();
        for (let n = 1; n < MAX_CRASHES; n += 1)
          expect(await crash(runs)).toMatchObject({ id, to: 'queued', error: null });
        const last = await crash(runs);
        expect(last).toMatchObject({
          ...{ id, to: 'error', tenant: runs.tenant },
          error: { code: 'worker_crashed_repeatedly', retryable: true },
        });
        expect(await runs.row(id)).toMatchObject({
          ...{ state: 'error', error: last.error!.message, error_detail: last.error },
          ...{ finished_at: expect.any(Date), attempt: MAX_CRASHES },
        });
        expect(await runs.outcomes(id)).toEqual(Array(MAX_CRASHES).fill('interrupted'));
      });

      it('goes on as long as it gets ahead in between', async () => {
        const runs = await QueuedRuns.prepare(database);
        const id = await runs.queued();
        for (let n = 1; n <= 2 * MAX_CRASHES; n += 1) {
          if (n % (MAX_CRASHES - 1) === 0) await runs.commitPage(id);
          expect(await crash(runs)).toMatchObject({ to: 'queued' });
        }
      });

      it('is not blamed for workers that were stopped or that yielded', async () => {
        const runs = await QueuedRuns.prepare(database);
        await runs.queued();
        for (let n = 1; n <= 2 * MAX_CRASHES; n += 1)
          await runs.release((await runs.claim())!, 'queued', { attemptOutcome: 'interrupted' });
        for (let n = 1; n <= 2 * MAX_CRASHES; n += 1) await runs.yield((await runs.claim())!);
        expect(await crash(runs)).toMatchObject({ to: 'queued' });
      });
    });

    it('is read from an index, however long the queue is', async () => {
      const runs = await QueuedRuns.prepare(database);
      const connection = await runs.connection();
      await runs.sql(
        `insert into connections (id, tenant_id, provider, account_id, name, collection_id)
         select gen_random_uuid(), tenant_id, provider, n::text, 'c', collection_id
         from connections, generate_series(1, 10000) n where id = $1`,
        [connection],
      );
      await runs.sql(
        `insert into runs (id, tenant_id, connection_id, provider, trigger, priority, run_at)
         select gen_random_uuid(), tenant_id, id, 'files', 'schedule',
           (array[10, 20, 30])[1 + (row_number() over ()) % 3],
           now() - (row_number() over ()) * interval '1 second'
         from connections where tenant_id = $1 and id <> $2`,
        [runs.tenant, connection],
      );
      await runs.sql(`analyze runs`);
      const plan = await runs.sql<{ 'QUERY PLAN': string }>(
        `explain select r.id from runs r where ${DUE} and ${withinCaps('8', '32')}
         order by ${QUEUE_ORDER} for update skip locked limit 1`,
      );
      const text = plan.map((row) => row['QUERY PLAN']).join('\n');
      expect(text).toContain('Index Scan using runs_next');
      expect(text).not.toMatch(/Sort Key: .*served_at|Seq Scan on runs r\b/);
    });
  },
  ROWS_ONLY,
);
