import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { LEASE_SECONDS, LeaseLost } from '../../../src/runs/run-queue.js';
import { RUN_MOVES, sourcesOf, type RunState } from '../../../src/runs/run-state.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { QueuedRuns } from './queued-runs.js';

const ROWS_ONLY = { pgvector: false };

describeOnEachDatabase(
  'the queue of runs',
  (open) => {
    let database: Database;
    let runs: QueuedRuns;

    beforeAll(async () => {
      database = await open();
    });
    beforeEach(async () => {
      runs = await QueuedRuns.prepare(database);
    });

    const claimedIds = async (count: number): Promise<(string | undefined)[]> => {
      const ids: (string | undefined)[] = [];
      for (let n = 0; n < count; n += 1) ids.push((await runs.claim())?.id);
      return ids;
    };

    describe('claiming', () => {
      it('takes manual runs before webhooks before schedules', async () => {
        const schedule = await runs.queued('schedule');
        const webhook = await runs.queued('webhook');
        const manual = await runs.queued('manual');
        expect(await claimedIds(4)).toEqual([manual, webhook, schedule, undefined]);
      });

      it('takes those of one priority in the order of their time', async () => {
        const ids = [await runs.queued(), await runs.queued(), await runs.queued()];
        await runs.runAt(ids[0]!, '-1 minute');
        await runs.runAt(ids[1]!, '-3 minutes');
        await runs.runAt(ids[2]!, '-2 minutes');
        expect(await claimedIds(3)).toEqual([ids[1], ids[2], ids[0]]);
      });

      it('leaves runs alone until they are due', async () => {
        const id = await runs.queued();
        await runs.runAt(id, '1 minute');
        expect(await runs.claim()).toBeUndefined();
        await runs.runAt(id, '-1 second');
        expect((await runs.claim())?.id).toBe(id);
      });

      it('gives a lease, a token and an attempt to the one who claims', async () => {
        const id = await runs.queued();
        const token = randomUUID();
        const run = await runs.queue.claim('worker 1', token);
        expect(run).toMatchObject({
          ...{ id, state: 'running', lease_token: token, lease_owner: 'worker 1', attempt: 1 },
          ...{ waiting: null, started_at: expect.any(Date) },
        });
        const [lease] = await runs.sql<{ seconds: number }>(
          `select extract(epoch from lease_until - started_at)::int as seconds from runs`,
        );
        expect(lease!.seconds).toBe(LEASE_SECONDS);
        expect(await runs.outcomes(id)).toEqual([null]);
      });

      it('gives each run to one of many who ask at once', async () => {
        const ids = await Promise.all(Array.from({ length: 5 }, () => runs.queued()));
        const claims = await Promise.all(Array.from({ length: 12 }, () => runs.claim()));
        const taken = claims.flatMap((run) => (run ? [run.id] : []));
        expect(taken.sort()).toEqual(ids.sort());
      });
    });

    describe('asking for a run', () => {
      it('answers the active one, at the higher of both priorities', async () => {
        const connection = await runs.connection();
        const first = await runs.enqueue(connection, 'schedule');
        expect(first.coalesced).toBe(false);
        expect(await runs.enqueue(connection, 'manual')).toEqual({
          ...{ id: first.id, coalesced: true, stopping: false },
        });
        expect(await runs.enqueue(connection, 'webhook')).toMatchObject({ coalesced: true });
        expect(await runs.row(first.id)).toMatchObject({ priority: 30, state: 'queued' });
      });

      it.each<RunState>(['running', 'waiting'])('joins one that is %s', async (state) => {
        const connection = await runs.connection();
        const { id } = await runs.enqueue(connection);
        const run = await runs.claim();
        if (state === 'waiting')
          await runs.release(run!, 'waiting', { waiting: { reason: 'test', seconds: 60 } });
        expect(await runs.enqueue(connection)).toEqual({ id, coalesced: true, stopping: false });
      });

      it('makes a new one when the last one has ended', async () => {
        const connection = await runs.connection();
        const { id } = await runs.enqueue(connection);
        await runs.release((await runs.claim())!, 'success');
        const next = await runs.enqueue(connection);
        expect(next.coalesced).toBe(false);
        expect(next.id).not.toBe(id);
      });

      it('makes one for any number who ask at once', async () => {
        const connection = await runs.connection();
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => runs.enqueue(connection)),
        );
        expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
        expect(answers.filter(({ coalesced }) => !coalesced)).toHaveLength(1);
      });

      it('answers one while runs end and begin', async () => {
        const connection = await runs.connection();
        const work = async (): Promise<void> => {
          for (let n = 0; n < 10; n += 1) {
            const run = await runs.claim();
            if (run) await runs.release(run, 'success');
          }
        };
        const ask = async (): Promise<void> => {
          for (let n = 0; n < 10; n += 1) await runs.enqueue(connection);
        };
        await Promise.all([work(), ask(), ask()]);
        const active = await runs.sql(
          `select 1 from runs where state in ('queued', 'running', 'waiting')`,
        );
        expect(active.length).toBeLessThanOrEqual(1);
      });
    });

    describe('a lease', () => {
      it('is extended by heartbeats', async () => {
        const run = await runs.claimed();
        await runs.expire(run.id);
        const { lease_until: before } = await runs.row(run.id);
        expect(await runs.queue.heartbeat(run)).toEqual({ cancelRequested: false });
        const { lease_until: until } = await runs.row(run.id);
        expect(until!.getTime() - before!.getTime()).toBeGreaterThan(LEASE_SECONDS * 1000);
        await runs.fence(run);
      });

      it('that ran out gives the run to the next one, and locks the first one out', async () => {
        const run = await runs.claimed();
        await runs.expire(run.id);
        expect(await runs.reap()).toMatchObject([{ id: run.id, to: 'queued', error: null }]);
        // Between two workers nobody may write either.
        await expect(runs.fence(run)).rejects.toBeInstanceOf(LeaseLost);
        const next = await runs.claim('another worker');
        expect(next).toMatchObject({ id: run.id, attempt: 2, started_at: run.started_at });
        await expect(runs.fence(run)).rejects.toBeInstanceOf(LeaseLost);
        await expect(runs.queue.heartbeat(run)).rejects.toBeInstanceOf(LeaseLost);
        await expect(runs.release(run, 'success')).rejects.toBeInstanceOf(LeaseLost);
        await runs.fence(next!);
        expect(await runs.row(run.id)).toMatchObject({ state: 'running', attempt: 2 });
        expect(await runs.outcomes(run.id)).toEqual(['interrupted', null]);
      });

      it('that ran out stays with a worker that is known to live, and is renewed', async () => {
        const late = await runs.claimed();
        const dead = await runs.claimed();
        for (const { id } of [late, dead]) await runs.expire(id);
        expect(await runs.reap([late.lease_token])).toMatchObject([{ id: dead.id }]);
        await runs.fence(late);
        await runs.queue.heartbeat(late);
        expect(await runs.reap()).toEqual([]);
        expect(await runs.row(late.id)).toMatchObject({ state: 'running', attempt: 1 });
      });

      it('that is lost lets nothing be reported', async () => {
        const run = await runs.claimed();
        await runs.expire(run.id);
        await runs.reap();
        await runs.claim();
        await database.asSystem(async (tx) => {
          const progress = { done: 9, expected: 9, rate: 9, eta_seconds: 9, partition: 'x' };
          await runs.queue.report(tx, run, { counts: { listed: 9 }, timings: {}, progress });
          const held = { count: 9, partitions: ['x'], since: new Date().toISOString() };
          await runs.queue.hold(tx, run, held);
        });
        expect(await runs.row(run.id)).toMatchObject({ counts: {}, held_deletions: null });
      });

      it('takes back what its holder had not committed', async () => {
        const run = await runs.claimed();
        const lost = database.asSystem(async (tx) => {
          await tx.query(`update connections set name = 'too late'`);
          await runs.queue.fence(tx, { ...run, lease_token: randomUUID() });
        });
        await expect(lost).rejects.toBeInstanceOf(LeaseLost);
        const named = await runs.sql(`select 1 from connections where name = 'too late'`);
        expect(named).toEqual([]);
      });

      it('is not ended by the reaper before its time', async () => {
        const run = await runs.claimed();
        await runs.sql(`update runs set lease_until = now() + interval '1 hour'`);
        expect(await runs.reap()).toEqual([]);
        expect(await database.asSystem((tx) => runs.queue.reapAll(tx))).toHaveLength(1);
        expect(await runs.row(run.id)).toMatchObject({ state: 'queued', lease_token: null });
      });
    });

    describe('waiting', () => {
      it('frees the run until its time has come, by the clock of the database', async () => {
        const run = await runs.claimed();
        const error = { code: 'rate_limited', message: 'slow down', retryable: true };
        const waiting = { reason: 'rate_limited:list', seconds: 90 };
        await runs.release(run, 'waiting', { waiting, error, attemptOutcome: 'parked' });
        const row = await runs.row(run.id);
        expect(row).toMatchObject({
          ...{ state: 'waiting', lease_token: null, lease_owner: null, finished_at: null },
          ...{ error: 'slow down', error_detail: error },
          waiting: { reason: 'rate_limited:list', until: row.run_at.toISOString() },
        });
        const [left] = await runs.sql<{ seconds: number }>(
          `select extract(epoch from run_at - updated_at)::float as seconds from runs`,
        );
        expect(left!.seconds).toBeCloseTo(90, 1);
        expect(await runs.claim()).toBeUndefined();

        await runs.runAt(run.id, '0 seconds');
        const next = await runs.claim();
        expect(next).toMatchObject({ id: run.id, state: 'running', waiting: null, attempt: 2 });
        await runs.release(next!, 'success');
        expect(await runs.row(run.id)).toMatchObject({
          ...{ state: 'success', error: null, error_detail: null },
          finished_at: expect.any(Date),
        });
        expect(await runs.outcomes(run.id)).toEqual(['parked', 'success']);
      });

      it('is counted anew once a page was brought home', async () => {
        const id = await runs.queued();
        const attempt = async (): Promise<number> => {
          const run = (await runs.claim())!;
          const n = await database.asSystem((tx) => runs.queue.attemptsWithoutProgress(tx, run));
          await runs.release(run, 'waiting', { waiting: { reason: 'test', seconds: 0 } });
          return n;
        };
        expect([await attempt(), await attempt(), await attempt()]).toEqual([1, 2, 3]);
        await runs.commitPage(id);
        expect([await attempt(), await attempt()]).toEqual([1, 2]);
      });
    });

    describe('cancelling', () => {
      it('reaches a running run with its next heartbeat', async () => {
        const run = await runs.claimed();
        expect(await runs.cancel(run.id)).toBe(true);
        expect((await runs.row(run.id)).state).toBe('running');
        expect(await runs.queue.heartbeat(run)).toEqual({ cancelRequested: true });
        await runs.release(run, 'cancelled');
        expect(await runs.row(run.id)).toMatchObject({ state: 'cancelled', lease_token: null });
      });

      it.each(['waiting', 'queued'] as const)('stops a run that is about to be %s', async (to) => {
        const run = await runs.claimed();
        await runs.cancel(run.id);
        const waiting = to === 'waiting' ? { reason: 'test', seconds: 0 } : undefined;
        await runs.release(run, to, { waiting });
        expect(await runs.row(run.id)).toMatchObject({
          ...{ state: 'cancelled', waiting: null, finished_at: expect.any(Date) },
        });
        expect(await runs.outcomes(run.id)).toEqual(['cancelled']);
        expect(await runs.claim()).toBeUndefined();
      });

      it('stops a run whose worker died', async () => {
        const run = await runs.claimed();
        await runs.cancel(run.id);
        await runs.expire(run.id);
        await runs.reap();
        expect(await runs.row(run.id)).toMatchObject({
          ...{ state: 'cancelled', finished_at: expect.any(Date) },
        });
        expect(await runs.claim()).toBeUndefined();
      });

      it('leaves an ended run as it is', async () => {
        const run = await runs.claimed();
        await runs.release(run, 'partial');
        expect(await runs.cancel(run.id)).toBe(false);
        expect((await runs.row(run.id)).state).toBe('partial');
      });
    });

    describe('a released run', () => {
      const states = Object.keys(RUN_MOVES) as RunState[];
      const ends = states.filter((state) => sourcesOf(state).includes('running'));

      it.each(ends)('may become %s, with its lease given up', async (to) => {
        const run = await runs.claimed();
        await runs.release(run, to as Parameters<typeof runs.release>[1]);
        expect(await runs.row(run.id)).toMatchObject({ state: to, lease_token: null });
      });

      it('is not released twice', async () => {
        const run = await runs.claimed();
        await runs.release(run, 'success');
        await expect(runs.release(run, 'error')).rejects.toBeInstanceOf(LeaseLost);
        expect((await runs.row(run.id)).state).toBe('success');
      });
    });
  },
  ROWS_ONLY,
);
