import { AUDIT_DAYS } from '../../../src/auth/audit.service.js';
import { RetentionService } from '../../../src/scheduler/retention.service.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { ShiftedClock } from '../../support/shifted-clock.js';

const DAY = 86_400_000;

describeOnEachDatabase('the list of the audit log', (open) => {
  let app: TestApp;
  const clock = new ShiftedClock();

  beforeAll(async () => {
    app = await startApp({ database: await open(), clock });
  });
  afterAll(() => app.close());

  const list = (query = '') =>
    app.request('GET', `/v1/memory/admin/audit${query}`, { key: app.operatorKey });
  const actions = async (query: string) =>
    (await list(query)).body.map(({ action }: { action: string }) => action);

  it('starts with the first tenant', async () => {
    expect((await list()).body).toEqual([
      expect.objectContaining({ actor: 'bootstrap', action: 'tenant.created', request_id: null }),
    ]);
  });

  it('answers the newest first, by tenant, action, actor and time', async () => {
    const tenant = await app.newTenant('Audited');
    clock.advance(1000);
    const since = clock.now().toISOString();
    const key = await app.newKey({ name: 'one' }, tenant.apiKey);
    clock.advance(1000);
    const until = clock.now().toISOString();
    const path = `/v1/memory/api-keys/${key.id}`;
    await app.request('DELETE', path, { key: tenant.apiKey });

    const of = `?tenant=${tenant.id}`;
    expect(await actions(of)).toEqual(['api_key.revoked', 'api_key.created', 'tenant.created']);
    expect(await actions(`${of}&action=api_key.created`)).toEqual(['api_key.created']);
    expect(await actions(`${of}&actor=operator`)).toEqual(['tenant.created']);
    expect(await actions(`${of}&since=${since}`)).toEqual(['api_key.revoked', 'api_key.created']);
    expect(await actions(`${of}&since=${since}&until=${until}`)).toEqual(['api_key.created']);
    const [entry] = (await list(`${of}&limit=1`)).body;
    expect(entry).toEqual({
      id: expect.any(String),
      tenant: tenant.id,
      actor: expect.stringMatching(/^key:/),
      action: 'api_key.revoked',
      target: key.id,
      details: {},
      request_id: expect.any(String),
      created_at: expect.any(String),
    });
  });

  it('refuses actions that do not exist, and cursors of others', async () => {
    expect((await list('?action=nothing.done')).status).toBe(422);
    expect((await list('?cursor=x')).body.code).toBe('bad_cursor');
  });

  it('pages by the Link header without a gap or a repetition', async () => {
    const tenant = await app.newTenant('Busy');
    for (let n = 0; n < 5; n += 1) await app.newKey({ name: `key ${n}` }, tenant.apiKey);
    const seen: string[] = [];
    let next: string | undefined = `?tenant=${tenant.id}&limit=2`;
    for (let pages = 0; next !== undefined; pages += 1) {
      expect(pages).toBeLessThan(4);
      const answer = await list(next);
      seen.push(...answer.body.map(({ id }: { id: string }) => id));
      next = /\?[^>]+/.exec(answer.headers.get('link') ?? '')?.[0];
    }
    const all = (await list(`?tenant=${tenant.id}`)).body.map(({ id }: { id: string }) => id);
    expect(seen).toEqual(all);
    expect(seen).toHaveLength(6);
  });

  it(`forgets after ${AUDIT_DAYS} days, and not before`, async () => {
    const retention = app.nest.get(RetentionService);
    clock.advance((AUDIT_DAYS - 1) * DAY);
    expect((await retention.removeOld()).audit).toBe(0);
    clock.advance(2 * DAY);
    expect((await retention.removeOld()).audit).toBeGreaterThan(5);
    expect((await list()).body).toEqual([]);
  });
});
