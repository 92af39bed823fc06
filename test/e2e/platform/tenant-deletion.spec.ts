import type { Database } from '../../../src/database/database.js';
import { TenantDeletionService } from '../../../src/tenants/tenant-deletion.service.js';
import { TenantsRepository } from '../../../src/tenants/tenants.repository.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { startApp, type TestApp, type TestTenant } from '../../support/http-app.js';
import { recordTransactionSizes } from '../../support/transaction-sizes.js';

const MEMORIES = 300;

describeOnEachDatabase('deleting an account', (open) => {
  let database: Database;
  let app: TestApp;

  beforeAll(async () => {
    database = await open();
    app = await startApp({ database });
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => app.close());

  const sql = <T>(statement: string, parameters: unknown[] = []) =>
    database.asSystem((tx) => tx.query<T[]>(statement, parameters));
  const fill = async (key: string) => {
    const path = '/v1/memory/collections/facts/memories/bulk';
    for (let from = 0; from < MEMORIES; from += 100) {
      const body = Array.from({ length: 100 }, (_, n) => ({ text: `Fact number ${from + n}` }));
      const answer = await app.request('POST', path, { key, body });
      if (answer.status !== 200) throw new Error(answer.text);
    }
  };
  const family = async (): Promise<{ parent: TestTenant; child: TestTenant }> => {
    const parent = await app.newTenant('Leaving');
    const made = await app.request('POST', '/v1/memory/admin/tenants', {
      ...{ key: app.operatorKey, body: { name: 'child', parent_id: parent.id } },
    });
    const child = { id: made.body.id, name: 'child', apiKey: made.body.api_key };
    await fill(parent.apiKey);
    await fill(child.apiKey as string);
    return { parent, child };
  };
  const remove = (key: string) =>
    app.request('POST', '/v1/memory/admin/delete-account', {
      ...{ key, body: { confirm: 'Leaving' }, allow500: true },
    });
  const statusFor = async (key: string) =>
    (await app.request('GET', '/v1/memory/collections', { key })).status;
  const left = async (...tenants: readonly TestTenant[]) => {
    const [row] = await sql<{ tenants: number; memories: number }>(
      `select (select count(*)::int from tenants where id = any($1::uuid[])) as tenants,
         (select count(*)::int from memories where tenant_id = any($1::uuid[])) as memories`,
      [tenants.map(({ id }) => id)],
    );
    return row!;
  };

  it('takes small transactions, with containers and all', async () => {
    const { parent, child } = await family();
    const sizes = recordTransactionSizes(database);
    expect((await remove(parent.apiKey)).status).toBe(200);
    const chunks = sizes.map((size) => size.chunks);
    expect(chunks.reduce((sum, n) => sum + n)).toBe(2 * MEMORIES);
    expect(Math.max(...chunks)).toBeLessThanOrEqual(database.lightBatch);
    expect(await left(parent, child)).toEqual({ tenants: 0, memories: 0 });
  });

  it('that is cut short leaves nothing usable, and is finished by the next worker', async () => {
    const { parent, child } = await family();
    const bystander = await app.newTenant('Staying');
    await fill(bystander.apiKey);
    jest.spyOn(app.nest.get(TenantsRepository), 'delete').mockRejectedValueOnce(new Error('died'));
    expect((await remove(parent.apiKey)).status).toBe(500);
    expect(await left(parent, child)).toEqual({ tenants: 2, memories: MEMORIES });
    expect(await statusFor(parent.apiKey)).toBe(401);
    expect(await statusFor(child.apiKey)).toBe(401);

    await app.nest.get(TenantDeletionService).resume();
    expect(await left(parent, child)).toEqual({ tenants: 0, memories: 0 });
    expect(await left(bystander)).toEqual({ tenants: 1, memories: MEMORIES });
    expect(await statusFor(bystander.apiKey)).toBe(200);
  });
});
