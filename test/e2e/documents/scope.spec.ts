import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

describeOnOneDatabase('the scope of a connection', (open) => {
  let database: Database;
  let folder: SyncedFolder;
  let scope: string;

  beforeAll(async () => {
    database = await open();
    folder = await syncedFolder(database);
    scope = `/v1/memory/connections/${folder.connection}/scope`;
    folder.write('top.md', '# Top\n\nA file at the top.\n');
    folder.write('garden/tomatoes.md', '# Tomatoes\n\nWater them early.\n');
    folder.write('garden/beans.md', '# Beans\n\nThey climb.\n');
    await folder.sync();
  });
  afterAll(() => folder.close());

  const post = (path: string, body: unknown) => folder.app.request('POST', path, { body });
  const plan = (config: Record<string, unknown>) =>
    post(`${scope}/plan`, { config: { path: folder.root, ...config } });
  const apply = (config: Record<string, unknown>, more: Record<string, unknown>) =>
    post(`${scope}/apply`, { config: { path: folder.root, ...config }, ...more });
  const ended = (id: string) =>
    eventually('the run', async () => {
      const { body } = await folder.app.request('GET', `/v1/memory/runs/${id}`);
      return body.finished_at === null ? undefined : body;
    });
  const WITHOUT_GARDEN = { exclude: ['garden/'] };

  it('is planned: what leaves and what stays, with counts; nothing changes', async () => {
    const { status, body } = await plan(WITHOUT_GARDEN);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ account_id: folder.root, added: [], counted: 'exact', needs_confirmation: false },
      removed: [{ key: 'garden', documents: 2 }],
      kept: [{ key: '.', documents: 1 }],
      documents: { added: 0, removed: 2, kept: 1 },
    });
    expect((await folder.index()).size).toBe(3);
  });

  it('leaves hide documents, and come back without reading or embedding', async () => {
    const planned = await plan(WITHOUT_GARDEN);
    const left = await apply(WITHOUT_GARDEN, { plan_id: planned.body.plan_id });
    expect(left).toMatchObject({ status: 200, body: { hidden: 2, restored: 0 } });
    expect(left.body.connection.config).toMatchObject(WITHOUT_GARDEN);
    expect(await ended(left.body.run_id as string)).toMatchObject({ status: 'success' });
    expect([...(await folder.index()).keys()]).toEqual(['top.md']);
    const path = '/v1/memory/documents/explain?external_id=garden/beans.md';
    expect((await folder.app.request('GET', path)).body).toMatchObject({
      ...{ verdict: 'out_of_scope', in_index: false },
    });
    const again = await apply(WITHOUT_GARDEN, { plan_id: planned.body.plan_id });
    expect(again).toMatchObject({ status: 200, body: { hidden: 0 } });
    await ended(again.body.run_id as string);

    const back = await plan({});
    expect(back.body).toMatchObject({
      ...{ added: [{ key: 'garden', documents: 2 }], removed: [], counted: 'estimate' },
    });
    const returned = await apply({}, { plan_id: back.body.plan_id });
    expect(returned).toMatchObject({ status: 200, body: { hidden: 0, restored: 2 } });
    const index = await folder.index();
    expect(index.get('garden/beans.md')).toContain('They climb.');
    const run = await ended(returned.body.run_id as string);
    expect(run).toMatchObject({
      ...{ status: 'success', counts: { embedded: 0, fetched: 0, unchanged: 3, deleted: 0 } },
    });
  });

  it('does not bring back what was removed on request meanwhile', async () => {
    const { body } = await folder.app.request('GET', '/v1/memory/documents?q=beans');
    const out = await apply(WITHOUT_GARDEN, { expected: { added: 0, removed: 1 } });
    expect(out).toMatchObject({ status: 200, body: { hidden: 2 } });
    await ended(out.body.run_id as string);
    await folder.app.request('DELETE', `/v1/memory/documents/${body[0].id}`);
    const back = await apply({}, { expected: { added: 1, removed: 0 } });
    expect(back).toMatchObject({ status: 200, body: { restored: 1 } });
    await ended(back.body.run_id as string);
    expect([...(await folder.index()).keys()].sort()).toEqual(['garden/tomatoes.md', 'top.md']);
  });

  it('is not changed otherwise than agreed to', async () => {
    const planned = await plan(WITHOUT_GARDEN);
    const { plan_id } = planned.body;
    const outdated = { status: 409, body: { code: 'scope_plan_outdated' } };
    expect(await apply({ exclude: ['top.md'] }, { plan_id })).toMatchObject(outdated);
    const expected = { added: 0, removed: 0 };
    expect(await apply(WITHOUT_GARDEN, { expected })).toMatchObject(outdated);
    expect(await apply(WITHOUT_GARDEN, { plan_id: randomUUID() })).toMatchObject({
      ...{ status: 404, body: { code: 'scope_plan_not_found' } },
    });
    expect(await apply(WITHOUT_GARDEN, {})).toMatchObject({ status: 422 });
    const elsewhere = await post(`${scope}/plan`, { config: { path: `${folder.root}/garden` } });
    expect(elsewhere).toMatchObject({ status: 422, body: { code: 'invalid_config' } });
  });

  it('needs a confirmation for a mass of documents', async () => {
    for (let n = 0; n < 60; n += 1) folder.write(`many/${n}.md`, `# Page ${n}\n\nText ${n}.\n`);
    await folder.sync();
    const without = { exclude: ['many/'] };
    const planned = await plan(without);
    expect(planned.body).toMatchObject({ needs_confirmation: true, documents: { removed: 60 } });
    const { plan_id } = planned.body;
    const refused = await apply(without, { plan_id });
    expect(refused).toMatchObject({ status: 409, body: { code: 'scope_needs_confirmation' } });
    expect((await folder.index()).size).toBeGreaterThan(60);
    const confirmed = await apply(without, { plan_id, confirm: true });
    expect(confirmed).toMatchObject({ status: 200, body: { hidden: 60 } });
    await ended(confirmed.body.run_id as string);
  });
});
