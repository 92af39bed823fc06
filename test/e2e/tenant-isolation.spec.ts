import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApp, type TestApp } from '../support/http-app.js';
import type { Answer } from '../support/http-request.js';
import { pathOf, routesOf, type Route } from '../support/openapi-routes.js';
import { MARKER, samples, seeds, type Owner } from '../support/operation-samples.js';

/** Fields that say when an answer was made. */
const CLOCKED = new Set(['generated_at', 'exported_at', 'last_used_at']);

/** Generated from /openapi.json, so that a new route is covered or fails here. */
describe('tenant isolation', () => {
  let app: TestApp;
  let owner: Owner;
  let routes: Route[];

  beforeAll(async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tributary-isolation-')));
    // Row level security would hide a statement that forgets the tenant; here nothing does.
    app = await startApp({ embedded: true, env: { TRIBUTARY_FILES_ROOTS: folder } });
    routes = routesOf((await app.request('GET', '/openapi.json')).body);
    owner = { ...(await app.newTenant('Owner')), collection: 'ours', folder, ids: {} };
    for (const seed of seeds) await seed(app, owner);
  });
  afterAll(async () => {
    await app.close();
    rmSync(owner.folder, { recursive: true });
  });

  it('knows how to call every operation', () => {
    const missing = routes.filter(({ id, access }) => access !== 'public' && !(id in samples));
    expect(missing.map(({ id, method, path }) => `${id}: ${method} ${path}`)).toEqual([]);
    const unknown = Object.keys(samples).filter((id) => !routes.some((route) => route.id === id));
    expect(unknown).toEqual([]);
  });

  it('leaves the owner able to read everything', async () => {
    for (const [path, answer] of await readAll())
      expect([path, answer.status]).toEqual([path, 200]);
  });

  it('lets no other tenant see or change anything on any route', async () => {
    const problems: string[] = [];
    let before = await snapshot();
    for (const route of routes.filter(({ access }) => access === 'tenant')) {
      const answer = await call(route, await stranger());
      for (const problem of judge(route, answer)) problems.push(`${route.id}: ${problem}`);
      if (route.method === 'GET') continue;
      const after = await snapshot();
      if (after !== before) problems.push(`${route.id}: changed what the owner sees`);
      before = after;
    }
    expect(problems).toEqual([]);
  });

  it('keeps every tenant from the operator routes', async () => {
    const operatorRoutes = routes.filter(({ access }) => access === 'operator');
    expect(operatorRoutes.length).toBeGreaterThan(0);
    for (const route of operatorRoutes) {
      const { status, body } = await call(route, owner.apiKey);
      expect([route.id, status, body.code]).toEqual([route.id, 403, 'operator_only']);
    }
  });

  /** A new tenant with a collection of the same name, so that ids alone must keep them apart. */
  async function stranger(): Promise<string> {
    const { apiKey: key } = await app.newTenant('Stranger');
    await app.request('POST', '/v1/memory/collections', { key, body: { name: owner.collection } });
    return key;
  }

  function call(route: Route, key: string): Promise<Answer> {
    const sample = samples[route.id] ?? {};
    const path = pathOf(route, owner, sample);
    return app.request(route.method, path, { key, body: sample.body?.(owner) });
  }

  async function readAll(): Promise<[string, Answer][]> {
    const reads = routes.filter(
      ({ id, method, access }) => method === 'GET' && access === 'tenant' && !samples[id]?.unstable,
    );
    const answers: [string, Answer][] = [];
    for (const route of reads) answers.push([route.path, await call(route, owner.apiKey)]);
    return answers;
  }

  async function snapshot(): Promise<string> {
    const answers = (await readAll()).map(([path, { status, body }]) => [path, status, body]);
    return JSON.stringify(answers, (key, value: unknown) => (CLOCKED.has(key) ? null : value));
  }
});

function judge(route: Route, answer: Answer): string[] {
  const problems: string[] = [];
  const allowed = samples[route.id]?.answersOthers ?? [];
  if (answer.text.includes(MARKER)) problems.push(`shows the owner's data: ${answer.text}`);
  const invalid = answer.status === 400 || answer.status === 422 || answer.status >= 500;
  if (invalid && !allowed.includes(answer.status)) {
    problems.push(`proves nothing, it answers ${answer.status}: ${answer.text}`);
  }
  const namesRow = route.parameters.some((name) => name === 'id' || name.endsWith('_id'));
  if (namesRow && ![403, 404, ...allowed].includes(answer.status)) {
    problems.push(`answers ${answer.status} for a row of the owner`);
  }
  return problems;
}
