import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localKeyPath } from '../../../src/cli/local/local-key-file.js';
import { LocalAccessService } from '../../../src/cli/local/local-access.service.js';
import { CONFIG, type Config } from '../../../src/config/config.js';
import { Database } from '../../../src/database/database.js';
import {
  AUDITED,
  AUDITED_READS,
  NOT_AUDITED,
  type AuditedOperation,
} from '../../support/audited-operations.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { pathOf, routesOf, type Route } from '../../support/openapi-routes.js';
import { MARKER, samples, seeds, type Owner } from '../../support/operation-samples.js';

interface Entry {
  id: string;
  tenant_id: string | null;
  actor: string;
  action: string;
  request_id: string | null;
  details: unknown;
}

/** Generated from /openapi.json, so that a new operation is decided about or fails here. */
describe('the audit log', () => {
  let app: TestApp;
  let folder: string;
  let routes: Route[];
  let localKey: string;

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-audit-')));
    const env = {
      TRIBUTARY_FILES_ROOTS: folder,
      TRIBUTARY_ENCRYPTION_KEYS: `audit:${'A'.repeat(43)}=`,
    };
    app = await startApp({ env, embedded: true });
    routes = routesOf((await app.request('GET', '/openapi.json')).body);
    await app.nest.get(LocalAccessService).announce(app.url);
    const { dataDir } = app.nest.get<Config>(CONFIG);
    localKey = readFileSync(localKeyPath(dataDir), 'utf8').trim();
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });

  const sql = <Row>(text: string) => app.nest.get(Database).asSystem((tx) => tx.query<Row[]>(text));
  const entries = () => sql<Entry>(`select * from audit_log order by created_at`);

  async function owner(): Promise<Owner> {
    const made = { ...(await app.newTenant('Owner')), collection: 'ours', folder, ids: {} };
    for (const seed of seeds) await seed(app, made);
    return made;
  }

  it('has every operation that writes decided about', () => {
    const writing = routes.filter(({ method }) => method !== 'GET').map(({ id }) => id);
    const decided = [...Object.keys(AUDITED), ...Object.keys(NOT_AUDITED)];
    expect(decided.sort()).toEqual(writing.sort());
  });

  it.each(Object.entries({ ...AUDITED, ...AUDITED_READS }))(
    'gets exactly one entry from %s',
    async (id, operation: AuditedOperation) => {
      const route = routes.find((one) => one.id === id)!;
      const sample = { ...samples[id], ...operation.sample };
      const as = await owner();
      if (operation.arrange) await sql(operation.arrange(as));
      const known = new Set((await entries()).map((entry) => entry.id));
      const keys = { operator: app.operatorKey, 'command line': localKey, owner: as.apiKey };
      const key = keys[operation.by ?? 'owner'];

      const body = sample.body?.(as);
      const headers = { 'x-request-id': `request-of-${id}` };
      const path = pathOf(route, as, sample);
      const answer = await app.request(route.method, path, { key, body, headers });

      expect([answer.status, answer.text]).toEqual([expect.any(Number), expect.any(String)]);
      expect(answer.status).toBeLessThan(300);
      const added = (await entries()).filter((entry) => !known.has(entry.id));
      expect(added).toEqual([
        expect.objectContaining({
          action: operation.action,
          request_id: `request-of-${id}`,
          actor:
            operation.by === 'operator' ? 'operator' : expect.stringMatching(/^key:[\w-]{36}$/),
        }),
      ]);
      // Neither keys nor what people wrote.
      expect(JSON.stringify(added)).not.toMatch(/mv_[\w-]{20}/);
      const named = ['createApiKey', 'updateConnection'];
      if (!named.includes(id)) expect(JSON.stringify(added)).not.toContain(MARKER);
    },
  );

  it.each([
    ['forget', { query: 'our secret plan', dry_run: true }],
    ['dedup', { dry_run: true }],
    ['archive-stale', { older_than_days: 0, dry_run: true }],
  ])('gets no entry from a dry run of %s', async (path, body) => {
    const { apiKey: key, collection } = await owner();
    const before = (await entries()).length;
    const url = `/v1/memory/collections/${collection}/${path}`;
    expect((await app.request('POST', url, { key, body })).status).toBe(200);
    expect(await entries()).toHaveLength(before);
  });

  it('gets no entry from an act that failed', async () => {
    const { apiKey: key } = await owner();
    const before = (await entries()).length;
    const nobody = crypto.randomUUID();
    for (const [method, path] of [
      ['POST', `connections/${nobody}/pause`],
      ['DELETE', `connections/${nobody}`],
      ['DELETE', `documents/${nobody}`],
      ['DELETE', 'collections/none'],
    ])
      expect((await app.request(method!, `/v1/memory/${path}`, { key })).status).toBe(404);
    expect(await entries()).toHaveLength(before);
  });

  it('has the keys that nobody asked for by request', async () => {
    const made = (await entries()).filter(({ actor }) => actor === 'bootstrap');
    expect(made.map(({ action }) => action)).toEqual(['tenant.created', 'api_key.created']);
  });
});
