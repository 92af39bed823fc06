import { CollectionsService } from '../../../src/collections/collections.service.js';
import { Database } from '../../../src/database/database.js';
import { startApp, type TestApp } from '../../support/http-app.js';

const collections = '/v1/memory/collections';

describe('collections', () => {
  let app: TestApp;
  let tenant: string;
  beforeAll(async () => {
    app = await startApp();
    const list = await app.request('GET', '/v1/memory/admin/tenants', { key: app.operatorKey });
    tenant = list.body[0].id;
  });
  afterAll(() => app.close());

  const create = (name: string) => app.request('POST', collections, { body: { name } });
  const sql = (text: string, values: unknown[]) =>
    app.nest.get(Database).asSystem((tx) => tx.query(text, values));

  it('are created, shown, changed and deleted', async () => {
    const body = { name: 'notes', description: 'Mine', metadata: { team: 'a' }, color: 'ignored' };
    const created = await app.request('POST', collections, { body });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name: 'notes',
      description: 'Mine',
      metadata: { team: 'a' },
      memory_count: 0,
      dimensions: 256,
    });
    const shown = await app.request('GET', `${collections}/notes`);
    expect(shown.body).toEqual(created.body);

    const changed = await app.request('PUT', `${collections}/notes`, { body: { metadata: {} } });
    expect(changed.body).toMatchObject({ name: 'notes', description: 'Mine', metadata: {} });
    const cleared = await app.request('PUT', `${collections}/notes`, {
      body: { description: null },
    });
    expect(cleared.body.description).toBeNull();

    const deleted = await app.request('DELETE', `${collections}/notes`);
    expect([deleted.status, deleted.body]).toEqual([200, {}]);
    const gone = await app.request('GET', `${collections}/notes`);
    expect([gone.status, gone.body.code]).toEqual([404, 'collection_not_found']);
  });

  it('have one name each', async () => {
    await create('unique');
    const twice = await create('unique');
    expect([twice.status, twice.body.code]).toEqual([409, 'collection_exists']);
    await create('second');
    const taken = await app.request('PUT', `${collections}/second`, { body: { name: 'unique' } });
    expect([taken.status, taken.body.code]).toEqual([409, 'collection_exists']);
  });

  it.each(['Ünïcode 日本語', 'user:42@example.org', 'a.b_c-d+e', 'é', '...'])(
    'may be called %j',
    async (name) => {
      expect((await create(name)).body.name).toBe(name.normalize('NFC'));
      const path = `${collections}/${encodeURIComponent(name)}`;
      expect((await app.request('GET', path)).body.name).toBe(name.normalize('NFC'));
    },
  );

  it.each(['', ' x', 'x ', '.', '..', 'a/b', 'a\nb', 'x'.repeat(129), '<b>'])(
    'may not be called %j',
    async (name) => {
      const answer = await create(name);
      expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ['body', 'name']]);
    },
  );

  it('treat one name written in two Unicode forms as one', async () => {
    await create('Café'.normalize('NFC'));
    expect((await create('Café'.normalize('NFD'))).status).toBe(409);
  });

  it('that do not exist answer collection_not_found', async () => {
    for (const [method, body] of [['GET'], ['PUT', {}], ['DELETE']] as const) {
      const answer = await app.request(method, `${collections}/absent`, { body });
      expect([answer.status, answer.body.code]).toEqual([404, 'collection_not_found']);
    }
  });

  it('are listed by name in pages, with the number of their visible memories', async () => {
    const { id, apiKey } = await app.newTenant();
    const service = app.nest.get(CollectionsService);
    const [a] = await Promise.all(['a', 'b', 'c'].map((name) => service.ensure(id, name)));
    for (const visible of [true, true, false]) await addMemory(id, a!.id, { visible });
    const first = await app.request('GET', `${collections}?limit=2`, { key: apiKey });
    const view = first.body.map((row: { name: string; memory_count: number }) => [
      row.name,
      row.memory_count,
    ]);
    expect(view).toEqual([
      ['a', 2],
      ['b', 0],
    ]);
    const [, next] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link')!)!;
    const second = await app.request('GET', next!, { key: apiKey });
    expect(second.body.map((row: { name: string }) => row.name)).toEqual(['c']);
    expect(second.headers.has('link')).toBe(false);
  });

  it('made by several first writes at once are one', async () => {
    const service = app.nest.get(CollectionsService);
    const refs = await Promise.all(
      Array.from({ length: 8 }, () => service.ensure(tenant, 'raced')),
    );
    expect(new Set(refs.map(({ id }) => id)).size).toBe(1);
    expect(refs[0]).toEqual({
      id: expect.any(String),
      name: 'raced',
      spaceId: expect.any(Number),
      dimensions: 256,
      model: 'builtin:static-minilm-256',
      scoreLow: expect.closeTo(0.1),
      nextSpaceId: null,
    });
    expect(await service.require(tenant, 'raced')).toEqual(refs[0]);
    await expect(service.require(tenant, 'never')).rejects.toMatchObject({
      code: 'collection_not_found',
    });
  });

  it('take their memories with them, however many', async () => {
    const { id } = await app.nest.get(CollectionsService).ensure(tenant, 'large');
    await sql(
      `insert into memories (id, tenant_id, collection_id, text, text_hash)
       select gen_random_uuid(), $1, $2, 'text', 'hash' from generate_series(1, 1200)`,
      [tenant, id],
    );
    expect((await app.request('DELETE', `${collections}/large`)).status).toBe(200);
    expect(await sql(`select 1 from memories where collection_id = $1`, [id])).toEqual([]);
  });

  it('with connections go only with cascade, which is recorded', async () => {
    const { id } = await app.nest.get(CollectionsService).ensure(tenant, 'connected');
    await sql(
      `insert into connections (id, tenant_id, provider, account_id, name, collection_id)
       values (gen_random_uuid(), $1, 'files', '/notes', 'My notes', $2)`,
      [tenant, id],
    );
    const refused = await app.request('DELETE', `${collections}/connected`);
    expect([refused.status, refused.body.code]).toEqual([409, 'collection_has_connections']);
    expect((await app.request('GET', `${collections}/connected`)).status).toBe(200);

    const done = await app.request('DELETE', `${collections}/connected?cascade=true`);
    expect(done.status).toBe(200);
    expect(await sql(`select 1 from connections where collection_id = $1`, [id])).toEqual([]);
    const audit = await sql(
      `select details from audit_log where action = 'collection.connections_deleted'
        and tenant_id = $1 and target = 'connected'`,
      [tenant],
    );
    expect(audit).toMatchObject([
      { details: { connections: [{ provider: 'files', name: 'My notes' }] } },
    ]);
  });

  async function addMemory(
    owner: string,
    collection: string,
    { visible }: { visible: boolean },
  ): Promise<void> {
    await sql(
      `insert into memories (id, tenant_id, collection_id, text, text_hash, visible)
       values (gen_random_uuid(), $1, $2, 'text', 'hash', $3)`,
      [owner, collection, visible],
    );
  }
});
