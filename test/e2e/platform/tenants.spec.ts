import { Database } from '../../../src/database/database.js';
import { BootstrapService } from '../../../src/tenants/bootstrap.service.js';
import { databases } from '../../support/database-fixtures.js';
import { startApp, type TestApp } from '../../support/http-app.js';

const tenants = '/v1/memory/admin/tenants';

describe('tenants', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const asOperator = (method: string, path: string, body?: unknown) =>
    app.request(method, path, { key: app.operatorKey, body });

  it('are created by the operator with a first key that has every scope', async () => {
    const { status, body } = await asOperator('POST', tenants, { name: 'Acme' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'Acme', plan: 'standard', parent_id: null });
    const keys = await app.request('GET', '/v1/memory/api-keys', { key: body.api_key });
    expect(keys.body.map((key: { scopes: string[] }) => key.scopes)).toEqual([
      ['memory:read', 'memory:write', 'admin'],
    ]);
    const list = await asOperator('GET', tenants);
    expect(list.body.map((row: { name: string }) => row.name)).toEqual(['Acme', 'default']);
    expect(list.text).not.toContain(body.api_key);
  });

  it('may be containers of another one', async () => {
    const parent = await app.newTenant('parent');
    const child = await asOperator('POST', tenants, { name: 'child', parent_id: parent.id });
    expect(child.body.parent_id).toBe(parent.id);
    const orphan = { name: 'orphan', parent_id: crypto.randomUUID() };
    const refused = await asOperator('POST', tenants, orphan);
    expect([refused.status, refused.body.code]).toEqual([404, 'tenant_not_found']);
  });

  it('are refused with a plan that does not exist', async () => {
    const answer = await asOperator('POST', tenants, { name: 'x', plan: 'toString' });
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual(['body', 'plan']);
  });

  it('delete themselves only when they say their name or id', async () => {
    const { id, apiKey } = await app.newTenant('Leaving');
    const remove = (confirm: string) =>
      app.request('POST', '/v1/memory/admin/delete-account', { key: apiKey, body: { confirm } });
    const refused = await remove('leaving');
    expect([refused.status, refused.body.code]).toEqual([422, 'validation_failed']);
    const done = await remove('Leaving');
    expect([done.status, done.body]).toEqual([200, { deleted: true, tenant: id }]);
    const after = await app.request('GET', '/v1/memory/collections', { key: apiKey });
    expect(after.status).toBe(401);
    const rows = await app.nest
      .get(Database)
      .asSystem((tx) => tx.query(`select action from audit_log where tenant_id = $1`, [id]));
    expect(rows).toContainEqual({ action: 'tenant.deleted' });
  });
});

describe('first start', () => {
  const [pglite] = databases({ pgvector: true });
  const started: TestApp[] = [];
  afterEach(async () => {
    for (const app of started.splice(0)) await app.close();
  });

  async function startWith(database: Database, key?: string): Promise<TestApp> {
    const app = await startApp({
      database,
      env: key ? { TRIBUTARY_BOOTSTRAP_API_KEY: key } : {},
    });
    started.push(app);
    return app;
  }

  it('makes a tenant without limits and shows its key, later starts change nothing', async () => {
    const database = await pglite!.open();
    const first = await startWith(database);
    expect(first.apiKey).toMatch(/^mv_/);
    const list = await first.request('GET', tenants, { key: first.operatorKey });
    expect(list.body).toMatchObject([{ name: 'default', plan: 'unlimited' }]);
    expect(await first.nest.get(BootstrapService).ensure()).toEqual({});
    const ready = await first.request('GET', '/v1/memory/collections');
    expect(ready.status).toBe(200);
  });

  it('takes the key of the environment, adds a changed one, and revives no rotated one', async () => {
    const database = await pglite!.open();
    const keyA = 'bootstrap-key-number-one';
    const keyB = 'bootstrap-key-number-two';
    const first = await startWith(database, keyA);
    const statusOf = async (app: TestApp, key: string) =>
      (await app.request('GET', '/v1/memory/collections', { key })).status;
    expect(await statusOf(first, keyA)).toBe(200);

    const second = await startWith(database, keyB);
    expect([await statusOf(second, keyA), await statusOf(second, keyB)]).toEqual([200, 200]);
    const list = await second.request('GET', tenants, { key: second.operatorKey });
    expect(list.body).toHaveLength(1);

    await second.request('POST', '/v1/memory/admin/rotate-key', { key: keyB });
    const third = await startWith(database, keyB);
    expect(await statusOf(third, keyB)).toBe(401);
  });
});
