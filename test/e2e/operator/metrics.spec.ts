import type { Clock } from '../../../src/common/clock.js';
import type { Database } from '../../../src/database/database.js';
import { Metrics } from '../../../src/metrics/metrics.js';
import { SourceCallsService } from '../../../src/sync/calls/source-calls.service.js';
import { describeOnEachDatabase, databases } from '../../support/database-fixtures.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { parsePrometheus, valueOf } from '../../support/prometheus-text.js';
import { ShiftedClock } from '../../support/shifted-clock.js';
import { StillClock } from '../../support/still-clock.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';
import { fillFleet } from './fleet.js';

/** With this clock a scrape waits for the database as long as it takes. */
function patient<T extends Clock>(clock: T): T {
  const sleep = clock.sleep.bind(clock);
  clock.sleep = (ms, signal) => sleep(ms === 4_000 ? PATIENCE_MS : ms, signal);
  return clock;
}

const scrape = async (app: TestApp) => {
  const answer = await app.request('GET', '/metrics', { key: null });
  expect(answer.status).toBe(200);
  return parsePrometheus(answer.text);
};

describe('the metrics of a server at work', () => {
  let folder: SyncedFolder;
  const [pglite] = databases();

  beforeAll(async () => {
    folder = await syncedFolder(await pglite!.open(), {}, patient(new ShiftedClock()));
  });
  afterAll(() => folder.close());

  it('are the text format of Prometheus, named by its conventions', async () => {
    const answer = await folder.app.request('GET', '/metrics', { key: null });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const families = parsePrometheus(answer.text);
    for (const [name, { type }] of families) {
      if (type === 'counter') expect(name).toMatch(/_total$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
    expect([...families.keys()]).toEqual(
      expect.arrayContaining([
        'process_cpu_seconds_total',
        'process_resident_memory_bytes',
        'nodejs_eventloop_lag_seconds',
        'tributary_build_info',
        'tributary_database_up',
        'tributary_run_queue_depth',
        'tributary_outbox_pending',
      ]),
    );
    expect(valueOf(families, 'tributary_build_info', { role: 'all', database: 'embedded' })).toBe(
      1,
    );
  });

  it('count what a sync and a search did', async () => {
    folder.write('a.md', '# Plan\n\nWe ship on Friday.');
    folder.write('b.md', '# Notes\n\nNobody is in the office.');
    folder.write('broken.docx', 'not a document');
    await folder.sync();
    await folder.app.request('POST', '/v1/memory/search', { body: { query: 'when do we ship' } });
    await folder.app.request('GET', '/v1/memory/runs/nothing', {});
    await folder.app.request('GET', '/wp-login.php', {});
    const seen = await scrape(folder.app);
    const value = (name: string, labels?: Record<string, string>) => valueOf(seen, name, labels);
    const files = { provider: 'files' };

    expect(value('tributary_documents_synced_total', { ...files, change: 'created' })).toBe(2);
    expect(value('tributary_documents_synced_total', { ...files, change: 'failed' })).toBe(1);
    expect(value('tributary_run_attempts_total', { ...files, outcome: 'partial' })).toBe(1);
    expect(
      value('tributary_search_duration_seconds_count', { mode: 'hybrid', outcome: 'ok' }),
    ).toBe(1);
    expect(value('tributary_embedded_texts_total')).toBeGreaterThanOrEqual(3);
    expect(
      value('tributary_embedding_batch_duration_seconds_count', { outcome: 'ok' }),
    ).toBeDefined();
    const route = '/v1/memory/runs/:id';
    const request = 'tributary_http_request_duration_seconds_count';
    expect(value(request, { method: 'GET', route, status: '422' })).toBe(1);
    expect(value(request, { route: 'none', status: '404' })).toBe(1);
    expect(value(request, { route: '/v1/memory/search', status: '200' })).toBe(1);
  });

  it('count the calls to a source, and those that it refused', async () => {
    const calls = folder.app.nest.get(SourceCallsService, { strict: false }).forCaller({
      provider: 'slack',
      account: 'T1',
      credentials: { get: () => Promise.resolve({}), update: () => Promise.resolve() },
      signal: new AbortController().signal,
      observe: () => undefined,
    });
    const method = 'conversations.history';
    let asked = 0;
    await calls.call({
      method,
      run: () => (++asked === 1 ? Promise.reject(new Error('too fast')) : Promise.resolve()),
      classify: () => ({ kind: 'rate_limited', retryAfterSeconds: 0.01 }),
    });
    const seen = await scrape(folder.app);
    const labels = { provider: 'slack', method };
    const count = 'tributary_source_call_duration_seconds_count';
    expect(valueOf(seen, count, { ...labels, outcome: 'ok' })).toBe(1);
    expect(valueOf(seen, count, { ...labels, outcome: 'rate_limited' })).toBe(1);
    expect(valueOf(seen, 'tributary_source_rate_limited_total', labels)).toBe(1);
  });

  it('hold no id, path or name of a tenant', async () => {
    const { text } = await folder.app.request('GET', '/metrics', { key: null });
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/);
    expect(text).not.toContain(folder.root);
    expect(text).not.toContain('wp-login');
  });

  it('do not grow without end, whatever they are told', async () => {
    const metrics = folder.app.nest.get(Metrics);
    for (let n = 0; n < 2000; n += 1) {
      metrics.requestAnswered(`VERB${n}`, `/made/up/${n}`, 200, 0.1);
      metrics.sourceCalled({
        ...{ provider: `p${n}`, method: `m${n}`, outcome: 'ok', rateLimited: true, seconds: 0.1 },
      });
      metrics.attemptEnded(`p${n}`, 'success');
      metrics.documentsSettled(`p${n}`, { created: 1 });
    }
    const families = await scrape(folder.app);
    for (const [name, { samples }] of families) {
      const labelSets = new Set(
        samples.map(({ labels: { le: _, ...labels } }) => JSON.stringify(labels)),
      );
      expect([name, labelSets.size < 400]).toEqual([name, true]);
    }
    expect(
      valueOf(families, 'tributary_run_attempts_total', { provider: 'other' }),
    ).toBeGreaterThan(1000);
  });
});

describeOnEachDatabase('the metrics of a fleet', (open) => {
  let app: TestApp;
  let database: Database;
  const clock = patient(new StillClock());

  beforeAll(async () => {
    database = await open();
    app = await startApp({ database, clock, env: { TRIBUTARY_ROLE: 'api' } });
  });
  afterAll(() => app.close());

  it('show an empty one as zeros', async () => {
    const seen = await scrape(app);
    expect(valueOf(seen, 'tributary_database_up')).toBe(1);
    for (const name of ['run_queue_depth', 'run_queue_oldest_age_seconds', 'outbox_pending'])
      expect([name, valueOf(seen, `tributary_${name}`)]).toEqual([name, 0]);
    expect(valueOf(seen, 'tributary_tenants')).toBe(1);
  });

  it('ask the database at most every 5 s', async () => {
    await fillFleet(database);
    expect(valueOf(await scrape(app), 'tributary_tenants')).toBe(1);
    clock.advance(5_001);
    expect(valueOf(await scrape(app), 'tributary_tenants')).toBe(2);
  });

  it('show runs, connections, lag, the outbox and totals', async () => {
    const seen = await scrape(app);
    const value = (name: string, labels?: Record<string, string>) =>
      valueOf(seen, `tributary_${name}`, labels);
    expect(value('runs', { provider: 'slack', state: 'running' })).toBe(1);
    expect(value('runs', { provider: 'slack', state: 'queued' })).toBe(0);
    expect(value('run_queue_depth')).toBe(2);
    expect(value('run_queue_oldest_age_seconds')).toBeGreaterThan(100);
    expect(value('connections', { provider: 'slack', status: 'needs_auth' })).toBe(1);
    expect(value('connections_late', { provider: 'slack' })).toBe(1);
    expect(value('connections_late', { provider: 'files' })).toBe(0);
    expect(value('connection_lag_max_seconds', { provider: 'slack' })).toBeGreaterThan(17_900);
    expect(value('connection_lag_median_seconds', { provider: 'files' })).toBeGreaterThan(1_700);
    expect(value('outbox_pending')).toBe(2);
    expect(value('outbox_oldest_age_seconds')).toBeGreaterThan(250);
    expect(value('documents')).toBe(2);
    expect(value('memories')).toBe(7);
  });

  it('count a waiting run in the age of the queue from when its wait is over', async () => {
    const ageWhereWaiting = async (due: string): Promise<number> => {
      await database.asSystem((tx) =>
        tx.query(`update runs set run_at = now() + $1::interval where state = 'waiting'`, [due]),
      );
      clock.advance(5_001);
      return valueOf(await scrape(app), 'tributary_run_queue_oldest_age_seconds')!;
    };
    expect(await ageWhereWaiting('1 hour')).toBeLessThan(1000);
    expect(await ageWhereWaiting('-1 hour')).toBeGreaterThan(3599);
  });
});

describe('a scrape', () => {
  const [pglite] = databases();

  it('works while the database does not, and says so', async () => {
    const database = await pglite!.open();
    const clock = patient(new StillClock());
    const app = await startApp({ database, clock });
    const broken = jest.spyOn(database, 'asSystem').mockRejectedValue(new Error('gone'));
    const seen = await scrape(app);
    broken.mockRestore();
    expect(valueOf(seen, 'tributary_database_up')).toBe(0);
    expect(seen.has('tributary_runs')).toBe(false);
    expect(seen.has('process_cpu_seconds_total')).toBe(true);
    clock.advance(5_001);
    expect(valueOf(await scrape(app), 'tributary_database_up')).toBe(1);
    await app.close();
  });

  it('shows how long transactions waited for the database that the server opened', async () => {
    const app = await startApp();
    await app.request('GET', '/v1/memory/collections');
    const name = 'tributary_database_wait_seconds_count';
    expect(valueOf(await scrape(app), name, { priority: 'interactive' })).toBeGreaterThan(0);
    await app.close();
  });

  it('needs the operator key where the server listens to others, or behind a proxy', async () => {
    const app = await startApp({ database: await pglite!.open(), env: { HOST: '0.0.0.0' } });
    const get = async (key: string | null, headers: Record<string, string> = {}) => {
      const { status, body } = await app.request('GET', '/metrics', { key, headers });
      return status === 200 ? status : [status, body.code];
    };
    expect(await get(null)).toEqual([401, 'unauthorized']);
    expect(await get(app.apiKey)).toEqual([403, 'operator_only']);
    expect(await get(app.operatorKey)).toBe(200);
    await app.close();
  });
});
