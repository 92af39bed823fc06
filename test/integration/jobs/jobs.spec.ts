import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Logger } from '@nestjs/common';
import { RandomIds } from '../../../src/common/ids.js';
import { AppError } from '../../../src/common/errors/app-error.js';
import { Lifecycle } from '../../../src/common/http/lifecycle.js';
import { SystemClock } from '../../../src/common/clock.js';
import { readConfig } from '../../../src/config/config.js';
import type { Database } from '../../../src/database/database.js';
import { JobBell } from '../../../src/jobs/job-bell.js';
import { JobHandlers, type JobHandler } from '../../../src/jobs/job-handlers.js';
import { JobsRepository, type ClaimedJob } from '../../../src/jobs/jobs.repository.js';
import { JobsService } from '../../../src/jobs/jobs.service.js';
import { JobsWorker } from '../../../src/jobs/jobs.worker.js';
import { Gate } from '../../support/eventually.js';
import { databases, describeOnEachDatabase } from '../../support/database-fixtures.js';

const repository = new JobsRepository();
const clock = new SystemClock();
const ids = new RandomIds();

function processOn(database: Database, handler: JobHandler) {
  const bell = new JobBell(clock);
  const handlers = new JobHandlers();
  const lifecycle = new Lifecycle();
  const config = readConfig({});
  handlers.register('count', handler);
  return {
    lifecycle,
    service: new JobsService(database, repository, bell, handlers, lifecycle, clock, ids),
    worker: new JobsWorker(database, repository, handlers, bell, lifecycle, config, clock, ids),
  };
}

describeOnEachDatabase(
  'jobs',
  (open) => {
    let database: Database;
    let tenant: string;

    beforeAll(async () => {
      Logger.overrideLogger(false);
      database = await open();
    });
    beforeEach(async () => {
      tenant = randomUUID();
      await database.asSystem(async (tx) => {
        await tx.query('delete from jobs');
        await tx.query(`insert into tenants (id, name) values ($1, 'jobs')`, [tenant]);
      });
    });

    const claim = (): Promise<ClaimedJob | undefined> =>
      database.asSystem((tx) => repository.claim(tx, ['count'], randomUUID(), 30));
    const passLease = (): Promise<unknown> =>
      database.asSystem((tx) => tx.query(`update jobs set lease_until = now() - interval '1 s'`));

    it('runs a queued job and keeps its result', async () => {
      const { service, worker } = processOn(database, (owner, params) =>
        Promise.resolve({ owner, twice: Number(params['n']) * 2 }),
      );
      const id = await service.enqueue(tenant, 'count', { n: 21 });
      expect((await service.get(tenant, id)).state).toBe('queued');
      expect(await worker.workOnOne()).toBe(true);
      expect(await service.wait(tenant, id, 0)).toMatchObject({
        state: 'success',
        result: { owner: tenant, twice: 42 },
        error: null,
      });
      expect(await worker.workOnOne()).toBe(false);
    });

    it('wakes a waiting request as soon as the job ends', async () => {
      const { service, worker, lifecycle } = processOn(database, () => Promise.resolve({}));
      worker.onApplicationBootstrap();
      const id = await service.enqueue(tenant, 'count', {});
      expect((await service.wait(tenant, id, 30_000)).state).toBe('success');
      lifecycle.stop();
      await worker.beforeApplicationShutdown();
    });

    it('gives each job to one worker only', async () => {
      const { service } = processOn(database, () => Promise.resolve({}));
      for (let n = 0; n < 5; n++) await service.enqueue(tenant, 'count', { n });
      const claimed = await Promise.all(Array.from({ length: 8 }, claim));
      const numbers = claimed.flatMap((job) => (job ? [job.params['n']] : []));
      expect(numbers.toSorted()).toEqual([0, 1, 2, 3, 4]);
    });

    it('starts the job of a killed worker again, whose late answer then counts nothing', async () => {
      const { service, worker } = processOn(database, () => Promise.resolve({ by: 'second' }));
      const id = await service.enqueue(tenant, 'count', {});
      const lost = (await claim())!;
      expect(await worker.workOnOne()).toBe(false);
      await passLease();
      expect(await worker.workOnOne()).toBe(true);
      await database.inTenant(tenant, (tx) =>
        repository.settle(tx, tenant, lost, { result: { by: 'first' } }),
      );
      expect((await service.get(tenant, id)).result).toEqual({ by: 'second' });
      expect(
        await database.inTenant(tenant, (tx) => repository.extendLease(tx, tenant, lost, 30)),
      ).toBe(false);
    });

    it('gives up on a job that kills every worker', async () => {
      const { service, worker } = processOn(database, () => Promise.resolve({}));
      const id = await service.enqueue(tenant, 'count', {});
      for (let kill = 0; kill < 3; kill++) {
        await claim();
        await passLease();
      }
      expect(await worker.workOnOne()).toBe(true);
      expect(await service.get(tenant, id)).toMatchObject({
        state: 'error',
        error: expect.stringContaining('interrupted'),
      });
    });

    /** A worker that is killed when its handler has told how far it is. */
    const killWorker = async (ahead: boolean): Promise<void> => {
      const told = new Gate();
      const { worker, lifecycle } = processOn(
        database,
        async (_tenant, _params, signal, progress) => {
          await progress.tell({ at: 'work' }, { now: true, ahead });
          void told.pass();
          await once(signal, 'abort');
          throw signal.reason;
        },
      );
      const working = worker.workOnOne();
      await told.reached;
      await database.asSystem((tx) => tx.query(`update jobs set lease_token = gen_random_uuid()`));
      await passLease();
      lifecycle.stop();
      await working;
    };

    it('gives up on a job that kills every worker after it told how far it is', async () => {
      const { service, worker } = processOn(database, () => Promise.resolve({}));
      const id = await service.enqueue(tenant, 'count', {});
      await killWorker(true);
      for (let kill = 0; kill < 2; kill++) await killWorker(false);
      expect(await worker.workOnOne()).toBe(true);
      expect(await service.get(tenant, id)).toMatchObject({
        state: 'error',
        error: expect.stringContaining('interrupted 3 times'),
        progress: { at: 'work' },
      });
    });

    it('does not give up on a job that gets ahead each time', async () => {
      const { service, worker } = processOn(database, () => Promise.resolve({}));
      const id = await service.enqueue(tenant, 'count', {});
      for (let kill = 0; kill < 5; kill++) await killWorker(true);
      expect(await worker.workOnOne()).toBe(true);
      expect((await service.get(tenant, id)).state).toBe('success');
    });

    it('does not give up on a job that fails, but gets ahead each time', async () => {
      let calls = 0;
      const { service, worker } = processOn(database, async (_tenant, _params, _signal, notes) => {
        calls += 1;
        if (calls > 5) return {};
        // Within a second of the first word of this attempt, so nothing has been written of it.
        await notes.tell({ at: 'start' });
        await notes.tell({ at: 'work' }, { ahead: true });
        throw new AppError('database_busy', 'busy');
      });
      const id = await service.enqueue(tenant, 'count', {});
      for (let attempt = 1; attempt <= 6; attempt++) {
        await worker.workOnOne();
        await passLease();
      }
      expect((await service.get(tenant, id)).state).toBe('success');
    });

    it('tries again later what failed unexpectedly, three times in all', async () => {
      let calls = 0;
      const { service, worker } = processOn(database, () => {
        calls++;
        return Promise.reject(new AppError('embedder_unavailable', 'away'));
      });
      const id = await service.enqueue(tenant, 'count', {});
      await worker.workOnOne();
      expect((await service.get(tenant, id)).state).toBe('queued');
      const [wait] = await database.asSystem((tx) =>
        tx.query<{ seconds: number }[]>(
          `select extract(epoch from lease_until - updated_at)::float as seconds from jobs`,
        ),
      );
      expect(wait!.seconds).toBe(10);
      await database.asSystem((tx) =>
        tx.query(`update jobs set lease_until = now() + interval '1 hour'`),
      );
      expect(await worker.workOnOne()).toBe(false);
      for (let attempt = 2; attempt <= 3; attempt++) {
        await passLease();
        await worker.workOnOne();
      }
      expect(calls).toBe(3);
      expect(await service.get(tenant, id)).toMatchObject({
        state: 'error',
        error: 'embedder_unavailable: away',
      });
    });

    it('does not repeat what the caller did wrong, and tells nothing of a bug', async () => {
      const wrong = processOn(database, () =>
        Promise.reject(new AppError('collection_not_found', 'gone')),
      );
      const first = await wrong.service.enqueue(tenant, 'count', {});
      await wrong.worker.workOnOne();
      expect((await wrong.service.get(tenant, first)).error).toBe('collection_not_found: gone');

      const bug = processOn(database, () => Promise.reject(new Error('password=hunter2')));
      const second = await bug.service.enqueue(tenant, 'count', {});
      for (let attempt = 1; attempt <= 3; attempt++) {
        await bug.worker.workOnOne();
        await passLease();
      }
      const { error } = await bug.service.get(tenant, second);
      expect(error).toMatch(/^internal_error: /);
      expect(error).not.toContain('hunter2');
    });

    it('puts the job under way back when the server stops, without counting an attempt', async () => {
      const handling = new EventEmitter();
      const started = once(handling, 'started');
      const { service, worker, lifecycle } = processOn(database, (_tenant, _params, signal) => {
        handling.emit('started');
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      });
      const id = await service.enqueue(tenant, 'count', {});
      worker.onApplicationBootstrap();
      await started;
      lifecycle.stop();
      await worker.beforeApplicationShutdown();
      expect((await service.get(tenant, id)).state).toBe('queued');
      expect((await claim())?.attempts).toBe(1);
    });

    it('hides jobs of other tenants', async () => {
      const { service } = processOn(database, () => Promise.resolve({}));
      const id = await service.enqueue(tenant, 'count', {});
      await expect(service.get(randomUUID(), id)).rejects.toMatchObject({ code: 'job_not_found' });
    });

    it('forgets finished jobs after a while', async () => {
      const { service, worker } = processOn(database, () => Promise.resolve({}));
      const id = await service.enqueue(tenant, 'count', {});
      await worker.workOnOne();
      await database.asSystem((tx) => repository.removeFinished(tx, 7));
      expect((await service.get(tenant, id)).state).toBe('success');
      await database.asSystem((tx) => repository.removeFinished(tx, 0));
      await expect(service.get(tenant, id)).rejects.toMatchObject({ code: 'job_not_found' });
    });
  },
  { pgvector: false },
);

describe('jobs on an embedded database', () => {
  const [pglite] = databases({ pgvector: false });

  it('go on at once after a start, since nobody else can be working on them', async () => {
    Logger.overrideLogger(false);
    const database = await pglite!.open();
    const tenant = randomUUID();
    await database.asSystem((tx) =>
      tx.query(`insert into tenants (id, name) values ($1, 'jobs')`, [tenant]),
    );
    const { service, worker } = processOn(database, () => Promise.resolve({}));
    const id = await service.enqueue(tenant, 'count', {});
    await database.asSystem((tx) => repository.claim(tx, ['count'], randomUUID(), 3_600));
    worker.onApplicationBootstrap();
    expect((await service.wait(tenant, id, 30_000)).state).toBe('success');
    await worker.beforeApplicationShutdown();
  });
});
