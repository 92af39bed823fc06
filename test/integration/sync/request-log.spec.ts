import { SystemClock } from '../../../src/common/clock.js';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import { KEPT_REQUESTS, type LoggedRequest } from '../../../src/runs/request-log.js';
import { RequestLogRepository } from '../../../src/runs/request-log.repository.js';
import { RequestLogService } from '../../../src/runs/request-log.service.js';
import { LeaseLost } from '../../../src/runs/run-queue.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { QueuedRuns } from './queued-runs.js';

const request = (target: string): LoggedRequest => ({
  ...{ at: new Date(), method: 'users.list', target, outcome: 'rate_limited', status: null },
  ...{ error: null, attempt: 1, durationMs: 5, waitMs: 0, retryAfterSeconds: 1.5 },
});

describeOnEachDatabase(
  'the request log of a run',
  (open) => {
    let database: Database;
    let runs: QueuedRuns;
    let service: RequestLogService;

    beforeAll(async () => {
      database = await open();
    });
    beforeEach(async () => {
      runs = await QueuedRuns.prepare(database);
      service = new RequestLogService(
        database,
        new BackgroundDatabase(database),
        new RequestLogRepository(),
        runs.runs,
        runs.queue,
        new SystemClock(),
      );
    });

    const list = async (run: string, limit = 500, cursor?: string) =>
      service.list(runs.tenant, run, { limit, offset: 0, cursor });

    it('numbers the calls of all attempts, newest first', async () => {
      const run = await runs.claimed();
      service.open(run).add(request('a'));
      await service.close(run);
      const again = service.open(run);
      again.add(request('b'));
      again.add(request('c'));
      await service.close(run);
      const { items } = await list(run.id);
      expect(items.map(({ number, target }) => [number, target])).toEqual([
        [3, 'c'],
        [2, 'b'],
        [1, 'a'],
      ]);
      expect(items[0]).toMatchObject({ outcome: 'rate_limited', retry_after_seconds: 1.5 });
    });

    it('keeps the newest thousand; their numbers tell how many are gone', async () => {
      const run = await runs.claimed();
      for (const part of [700, 2 * KEPT_REQUESTS + 50]) {
        const log = service.open(run);
        for (let n = 0; n < part; n += 1) log.add(request(`of ${part}`));
        await service.close(run);
      }
      const [row] = await runs.sql<{ n: number; smallest: number; greatest: number }>(
        `select count(*)::int as n, min(number) as smallest, max(number) as greatest
         from run_requests where run_id = $1`,
        [run.id],
      );
      const greatest = 700 + 2 * KEPT_REQUESTS + 50;
      expect(row).toEqual({ n: KEPT_REQUESTS, smallest: greatest - KEPT_REQUESTS + 1, greatest });
    });

    it('is read page by page', async () => {
      const run = await runs.claimed();
      const log = service.open(run);
      for (const target of ['a', 'b', 'c']) log.add(request(target));
      await service.close(run);
      const first = await list(run.id, 2);
      expect(first.items.map(({ target }) => target)).toEqual(['c', 'b']);
      const second = await list(run.id, 2, first.nextCursor);
      expect(second.items.map(({ target }) => target)).toEqual(['a']);
      expect(second.nextCursor).toBeUndefined();
    });

    it('is not written by a worker that lost the run', async () => {
      const run = await runs.claimed();
      service.open(run).add(request('a'));
      await service.close(run);
      const lost = { ...run, lease_token: '00000000-0000-4000-8000-000000000000' };
      service.open(lost).add(request('b'));
      await expect(service.close(lost)).rejects.toBeInstanceOf(LeaseLost);
      expect((await list(run.id)).items.map(({ target }) => target)).toEqual(['a']);
    });

    it('is nobody else’s', async () => {
      const run = await runs.claimed();
      const stranger = '00000000-0000-4000-8000-000000000000';
      await expect(
        service.list(stranger, run.id, { limit: 1, offset: 0, cursor: undefined }),
      ).rejects.toMatchObject({ code: 'run_not_found' });
    });
  },
  { pgvector: false },
);
