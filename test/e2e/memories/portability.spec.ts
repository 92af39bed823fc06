import { startApp, type TestApp, type TestTenant } from '../../support/http-app.js';

describe('export and import', () => {
  let app: TestApp;
  let tenant: TestTenant;
  beforeAll(async () => {
    app = await startApp();
    tenant = await app.newTenant();
    await app.request('POST', '/v1/memory/collections', {
      key: tenant.apiKey,
      body: { name: 'notes', description: 'All notes', metadata: { team: 'a' } },
    });
    const items = Array.from({ length: 30 }, (_, n) => ({
      text: `Note ${n % 28}`,
      container_tag: n % 2 ? 'ann' : null,
      importance: 0.3,
      category: 'fact',
      metadata: { n },
    }));
    const ids = await bulk('notes', items);
    await bulk('tasks', [{ text: 'Buy milk' }]);
    await app.request('POST', `/v1/memory/collections/notes/memories/${ids[0]}/archive`, {
      key: tenant.apiKey,
    });
    await app.request('POST', `/v1/memory/collections/notes/memories/${ids[1]}/pin`, {
      key: tenant.apiKey,
    });
  });
  afterAll(() => app.close());

  async function bulk(collection: string, body: unknown): Promise<string[]> {
    const path = `/v1/memory/collections/${collection}/memories/bulk`;
    return (await app.request('POST', path, { key: tenant.apiKey, body })).body.ids;
  }
  const exported = async (key: string) =>
    (await app.request('GET', '/v1/memory/admin/export', { key })).body;
  const imported = (key: string, body: unknown) =>
    app.request('POST', '/v1/memory/admin/import', { key, body });

  /** What must survive: everything but ids and the time of the last change. */
  const kept = (memories: Record<string, unknown>[]): string[] =>
    memories.map(({ id: _id, updated_at: _updated, ...rest }) => JSON.stringify(rest)).toSorted();

  it('exports everything of the tenant, archived memories too, and no vectors', async () => {
    const account = await exported(tenant.apiKey);
    expect(Object.keys(account).toSorted()).toEqual([
      'collections',
      'exported_at',
      'memories',
      'tenant',
      'truncated',
    ]);
    expect(account).toMatchObject({ tenant: tenant.id, truncated: false });
    expect(account.collections).toMatchObject([
      { name: 'notes', description: 'All notes', metadata: { team: 'a' } },
      { name: 'tasks' },
    ]);
    expect(account.memories).toHaveLength(31);
    expect(account.memories[0]).not.toHaveProperty('embedding');
    const empty = await app.newTenant();
    expect(await exported(empty.apiKey)).toMatchObject({ collections: [], memories: [] });
  });

  it('comes back in another account as it was, findable, under new ids', async () => {
    const other = await app.newTenant();
    const account = await exported(tenant.apiKey);
    const answer = await imported(other.apiKey, account);
    expect(answer.body).toEqual({
      imported: 31,
      skipped: 0,
      collections: expect.arrayContaining(['notes', 'tasks']),
      reasons: { duplicate: 0, invalid: 0 },
      issues: [],
    });
    const copy = await exported(other.apiKey);
    expect(kept(copy.memories)).toEqual(kept(account.memories));
    expect(copy.collections[0]).toMatchObject({
      description: 'All notes',
      metadata: { team: 'a' },
    });
    const ids = new Set(account.memories.map((memory: { id: string }) => memory.id));
    expect(copy.memories.some((memory: { id: string }) => ids.has(memory.id))).toBe(false);
    const found = await app.request('POST', '/v1/memory/collections/tasks/search', {
      key: other.apiKey,
      body: { query: 'milk' },
    });
    expect(found.body).toHaveLength(1);

    const again = await imported(other.apiKey, account);
    expect(again.body).toMatchObject({ imported: 0, skipped: 31, reasons: { duplicate: 31 } });
  });

  it('goes into one collection on request', async () => {
    const other = await app.newTenant();
    const { memories } = await exported(tenant.apiKey);
    const answer = await imported(other.apiKey, { memories, into_collection: 'all' });
    expect(answer.body).toMatchObject({ imported: 31, collections: ['all'] });
    const collections = await app.request('GET', '/v1/memory/collections', { key: other.apiKey });
    expect(collections.body.map((one: { name: string }) => one.name)).toEqual(['all']);
  });

  it('finishes an import that was cut off, and takes what superseded as archived', async () => {
    const other = await app.newTenant();
    const { memories } = await exported(tenant.apiKey);
    await imported(other.apiKey, { memories: memories.slice(0, 12) });
    const rest = await imported(other.apiKey, { memories });
    expect(rest.body).toMatchObject({ imported: 19, skipped: 12 });
    await imported(other.apiKey, {
      memories: [{ text: 'Outdated', is_latest: false, collection: 'old' }],
    });
    const old = '/v1/memory/collections/old/memories';
    expect((await app.request('GET', old, { key: other.apiKey })).body).toEqual([]);
    const all = await app.request('GET', `${old}?include_archived=true`, { key: other.apiKey });
    expect(all.body).toMatchObject([{ text: 'Outdated', archived: true, is_latest: true }]);
  });

  it('skips what is not usable and says why', async () => {
    const other = await app.newTenant();
    const answer = await imported(other.apiKey, {
      memories: [
        { text: 'fine' },
        'text alone',
        { text: 'x'.repeat(10_001) },
        { text: 'fine', container_tag: 'ann' },
        { text: 'when', created_at: 'yesterday' },
      ],
    });
    expect(answer.body).toMatchObject({
      imported: 2,
      skipped: 3,
      collections: ['default'],
      reasons: { duplicate: 0, invalid: 3 },
    });
    expect(answer.body.issues).toEqual([
      { index: 1, reason: expect.any(String) },
      { index: 2, reason: expect.stringMatching(/^text: /) },
      { index: 4, reason: expect.stringMatching(/^created_at: /) },
    ]);
    expect((await imported(other.apiKey, {})).status).toBe(422);
    const broken = await imported(other.apiKey, '{"memories": [');
    expect([broken.status, broken.body.code]).toEqual([400, 'bad_json']);
  });

  it('skips times that no calendar of the database has, and stores their neighbours', async () => {
    const other = await app.newTenant();
    const answer = await imported(other.apiKey, {
      memories: [
        { text: 'first' },
        { text: 'year 0', created_at: '0000-01-01T00:00:00Z' },
        { text: 'year 10000', expires_at: '9999-12-31T23:59:59-23:59' },
        { text: 'before year 1', created_at: '0001-01-01T00:00:00+23:59' },
        { text: 'earliest', created_at: '0001-01-01T00:00:00Z' },
        { text: 'latest', expires_at: '9999-12-31T23:59:59.999Z' },
      ],
    });
    expect(answer).toMatchObject({ status: 200, body: { imported: 3, skipped: 3 } });
    const wrong = (index: number, field: string) => ({
      index,
      reason: `${field}: must lie in the years 1 to 9999, in UTC`,
    });
    expect(answer.body.issues).toEqual([
      wrong(1, 'created_at'),
      wrong(2, 'expires_at'),
      wrong(3, 'created_at'),
    ]);
    const { memories } = await exported(other.apiKey);
    const texts = memories.map(({ text }: { text: string }) => text).toSorted();
    expect(texts).toEqual(['earliest', 'first', 'latest']);
  });

  it('needs a key with the scope admin', async () => {
    const { apiKey } = await app.newKey({ name: 'writer' }, tenant.apiKey);
    const answer = await app.request('GET', '/v1/memory/admin/export', { key: apiKey });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    expect((await imported(apiKey, { memories: [] })).status).toBe(403);
  });
});
