import { DocumentLifecycle } from '../../../src/remember/document-lifecycle.js';
import { RetentionRepository } from '../../../src/scheduler/retention.repository.js';
import { RetentionService } from '../../../src/scheduler/retention.service.js';
import { RESOLVED_FAILURE_DAYS, RUN_DAYS } from '../../../src/sync/deletions/retention.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { stopIntervals } from '../../support/patience.js';
import { scripted } from '../../support/scripted-source.js';
import { ShiftedClock } from '../../support/shifted-clock.js';
import { ScriptedApp } from './scripted-app.js';

const DAY = 86_400_000;

describeOnEachDatabase('retention', (open) => {
  it('removes old runs with what hangs on them, resolved failures and plans', async () => {
    const clock = new ShiftedClock();
    const bench = await ScriptedApp.start(await open(), { clock });
    stopIntervals(bench.app);
    await bench.attach();
    const retention = bench.app.nest.get(RetentionService);
    const count = async (table: string, where = 'true') =>
      (await bench.sql<{ n: number }>(`select count(*)::int as n from ${table} where ${where}`))[0]!
        .n;

    bench.source.sweep = [{ documents: [scripted('a', 'One.')] }];
    await bench.sync();
    await bench.sync();
    const latest = await bench.sync();
    await bench.request('POST', `/v1/memory/connections/${bench.connection}/plan`);
    await bench.sql(
      `insert into failures (id, connection_id, external_id, stage, code, message, resolved_at)
       select gen_random_uuid(), $1, 'f' || n, 'fetch', 'x', 'x', case when n > 1 then now() end
       from generate_series(1, 3) n`,
      [bench.connection],
    );
    const nothing = { runs: 0, failures: 0, plans: 0, audit: 0, hidden: 0 };
    expect(await retention.removeOld()).toEqual(nothing);

    clock.advance((RESOLVED_FAILURE_DAYS + 1) * DAY);
    expect(await retention.removeOld()).toEqual({ ...nothing, failures: 2 });
    expect(await count('failures')).toBe(1);

    clock.advance((RUN_DAYS - RESOLVED_FAILURE_DAYS) * DAY);
    // The latest one stays: it says how the connection is doing.
    expect(await retention.removeOld()).toEqual({ ...nothing, runs: 2, plans: 1 });
    expect(await bench.sql(`select id from runs`)).toEqual([{ id: latest.id }]);
    for (const table of [
      ...['run_attempts', 'run_partitions', 'run_skipped_partitions', 'run_requests'],
    ])
      expect(await count(table, `run_id <> '${latest.id}'`)).toBe(0);
    expect(await retention.removeOld()).toEqual(nothing);
    await bench.app.close();
  });

  it('purges what was hidden for 7 days, and nothing before', async () => {
    const clock = new ShiftedClock();
    const bench = await ScriptedApp.start(await open(), { clock });
    stopIntervals(bench.app);
    await bench.attach();
    bench.source.sweep = [{ documents: [scripted('a', 'One.')] }];
    await bench.sync();
    const [document] = (await bench.request('GET', '/v1/memory/documents')).body;
    const path = `/v1/memory/documents/${document.id}`;
    await bench.request('DELETE', path);
    const purge = () => bench.app.nest.get(DocumentLifecycle).purge(100);
    clock.advance(7 * DAY - 60_000);
    expect(await purge()).toBe(0);
    expect((await bench.request('POST', `${path}/restore`)).status).toBe(200);
    await bench.request('DELETE', path);
    clock.advance(7 * DAY + 60_000);
    expect(await purge()).toBe(1);
    expect((await bench.request('POST', `${path}/restore`)).status).toBe(404);
    await bench.app.close();
  });

  it('does not hide what was restored right after it was found', async () => {
    const bench = await ScriptedApp.start(await open());
    await bench.attach();
    bench.source.sweep = [{ documents: [scripted('a', 'One.')] }];
    await bench.sync();
    const { nest } = bench.app;
    const [found] = await bench.sql<{ id: string; tenant: string }>(
      `select id, tenant_id as tenant from documents`,
    );
    const path = `/v1/memory/documents/${found!.id}`;
    await bench.request('DELETE', path);
    await bench.request('POST', `${path}/restore`);
    const repository = nest.get(RetentionRepository);
    jest.spyOn(repository, 'removedButVisible').mockResolvedValueOnce([found!]);
    expect(await nest.get(RetentionService).removeOld()).toMatchObject({ hidden: 0 });
    expect((await bench.request('GET', path)).body).toMatchObject({ state: 'live' });
    jest.restoreAllMocks();
    await bench.app.close();
  });
});
