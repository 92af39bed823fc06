import { QDRANT, type QdrantParts } from '../../../src/indexing/qdrant/qdrant-parts.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { parsePrometheus, valueOf } from '../../support/prometheus-text.js';
import { describeOnEachStore, type TestStore } from '../../support/store-fixtures.js';
import { searchable } from '../search/search-fixture.js';

const WELL = { reachable: true, error: null, since: null };

describeOnEachStore('an outage of the vector index', (open) => {
  let store: TestStore;
  let app: TestApp;

  beforeAll(async () => {
    store = await open();
    app = await startApp({
      database: store.database,
      env: { TRIBUTARY_ROLE: 'api', ...store.env },
    });
    await searchable(app, ['The ferry leaves at nine']);
  });
  afterAll(() => app.close());

  const get = async (view: string) =>
    (await app.request('GET', `/v1/memory/admin/${view}`, { key: app.operatorKey })).body;
  const up = async () => {
    const { text } = await app.request('GET', '/metrics', { key: null });
    return valueOf(parsePrometheus(text), 'tributary_index_up');
  };
  const reached = (reachable: boolean) =>
    eventually(`an index that is ${reachable ? 'up' : 'down'}`, async () => {
      const state = await get('index');
      return state.reachable === reachable ? state : undefined;
    });
  const told = () => app.logs.filter((line) => line.includes('The vector index'));

  it('is none at first', async () => {
    expect(await reached(true)).toMatchObject(WELL);
    expect((await get('overview')).index_health).toEqual(WELL);
    if (store.double)
      await eventually('the first answer', async () => (await up()) === 1 || undefined);
    else expect([await up(), (await get('index')).last_ok]).toEqual([undefined, null]);
  });

  it('shows in every view while it lasts, though nothing is written, and is logged once', async () => {
    if (!store.double) return;
    const before = new Date().toISOString();
    await store.double.down();
    const state = await reached(false);
    expect(state.error).toMatch(/^The vector index does not answer: \w+/);
    expect(state.since > before).toBe(true);
    expect(state.last_ok < state.since).toBe(true);
    const { error, since } = state;
    expect((await get('overview')).index_health).toMatchObject({ reachable: false, since });
    expect(await up()).toBe(0);
    await searchable(app, ['The ferry is late']);
    await eventually('a write that waits', async () => {
      const { marks } = (await get('index')).outbox;
      return marks > 0 || undefined;
    });
    expect(await get('index')).toMatchObject({ reachable: false, since });
    expect(told()).toEqual([expect.stringContaining(error)]);

    await store.double.up();
    expect(await reached(true)).toMatchObject(WELL);
    expect((await get('overview')).index_health).toEqual(WELL);
    expect(await up()).toBe(1);
    expect(told()).toEqual([expect.any(String), expect.stringContaining('answers again')]);
  });

  it('that searches meet shows at once and costs the later ones a second each', async () => {
    if (!store.double) return;
    const { base } = await searchable(app, ['The ferry is back']);
    const search = async () => {
      const begun = performance.now();
      const body = { query: 'ferry' };
      const { status, headers } = await app.request('POST', `${base}/search`, { body });
      return { status, retryAfter: headers.get('retry-after'), ms: performance.now() - begun };
    };
    expect(await search()).toMatchObject({ status: 200 });
    store.double.faults.add({ do: 'hang', on: { operation: 'query_batch_points' }, times: null });
    const first = await Promise.all(Array.from({ length: 40 }, () => search()));
    for (const one of first) {
      expect(one).toMatchObject({ status: 503, retryAfter: '1' });
      expect(one.ms).toBeLessThan(8000);
    }
    expect(await up()).toBe(0);
    expect((await get('overview')).index_health).toMatchObject({ reachable: false });
    const later = await search();
    expect(later.status).toBe(503);
    expect(later.ms).toBeLessThan(3000);
    store.double.faults.clear();
    expect(await search()).toMatchObject({ status: 200 });
    expect(await up()).toBe(1);
    expect(await get('index')).toMatchObject(WELL);
  });

  it('of writes alone shows too, though a worker has met it and searches are answered', async () => {
    if (!store.double) return;
    store.double.faults.add({ do: 'disk_full', times: null });
    await searchable(app, ['The ferry is full']);
    const { applier } = app.nest.get<QdrantParts>(QDRANT, { strict: false });
    await expect(applier.applySome()).rejects.toMatchObject({ code: 'index_unavailable' });
    const error = expect.stringContaining('No space left on device');
    expect((await get('overview')).outbox).toMatchObject({ error });
    const { outbox, reachable } = await get('index');
    expect(outbox.errors[0]).toMatchObject({ attempts: 0, error });
    expect(reachable).toBe(true);
    store.double.faults.clear();
    await applier.applySome();
    expect((await get('overview')).outbox).toMatchObject({ error: null });
  });
});
