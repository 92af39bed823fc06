import { MAX_CRASHES } from '../../../src/runs/run-reaping.js';
import { RunReaper } from '../../../src/sync/worker/run-reaper.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import type { SyncedSource } from '../../support/fault-matrix/synced-source.js';
import { filesHarness } from '../../support/files-source.js';

describeOnOneDatabase('a run that costs every worker that takes it', (open) => {
  let bench: EngineBench;
  let source: SyncedSource;

  beforeAll(async () => {
    bench = await EngineBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = await bench.attach(filesHarness());
  });
  afterEach(() => bench.detach());

  const sql = (statement: string, parameters: unknown[]) =>
    bench.database.asSystem((tx) => tx.query(statement, parameters));
  /** Workers that take the run and are never heard of again, without any of them being there. */
  const crashes = async (run: string, count: number): Promise<void> => {
    await sql(
      `insert into run_attempts (run_id, attempt, lease_owner, crashed, outcome)
       select $1, n, 'a dead worker', true, 'interrupted' from generate_series(1, $2::int) n`,
      [run, count],
    );
  };
  const lastCrash = async ({ gotAhead = false } = {}): Promise<string> => {
    const id = crypto.randomUUID();
    await sql(
      `insert into runs (id, tenant_id, connection_id, provider, trigger, priority, state, attempt,
         lease_token, lease_owner, lease_until)
       select $2, tenant_id, id, provider, 'schedule', 10, 'running', $3, gen_random_uuid(),
         'a dead worker', now() + interval '1 hour' from connections where id = $1`,
      [source.connection, id, MAX_CRASHES],
    );
    await crashes(id, MAX_CRASHES);
    await sql(
      `update run_attempts set crashed = false, outcome = null
               where run_id = $1 and attempt = $2`,
      [id, MAX_CRASHES],
    );
    if (gotAhead) await sql(`update runs set progressed_at = now() where id = $1`, [id]);
    await sql(`update runs set lease_until = now() - interval '1 s' where id = $1`, [id]);
    await bench.app.nest.get(RunReaper).reap();
    return id;
  };

  it('goes on as long as it gets ahead', async () => {
    await source.fill({ one: 1 });
    const run = await source.settled(await lastCrash({ gotAhead: true }), MAX_CRASHES + 1);
    expect(run).toMatchObject({ status: 'success', attempt: MAX_CRASHES + 1 });
  });

  it('ends with a code of its own, and pauses the connection after five such runs', async () => {
    await source.fill({ one: 1 });
    for (let n = 1; n <= 5; n += 1) {
      expect(await source.get()).toMatchObject({ status: 'active' });
      expect(await source.run(await lastCrash())).toMatchObject({
        ...{
          status: 'error',
          error_detail: { code: 'worker_crashed_repeatedly', retryable: true },
        },
        error: expect.stringContaining(`${MAX_CRASHES} workers in a row died`),
      });
    }
    expect(await source.get()).toMatchObject({
      ...{
        status: 'error',
        status_reason: expect.stringContaining(`${MAX_CRASHES} workers in a row died`),
      },
    });
  });
});
