import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually, Gate } from '../../support/eventually.js';
import {
  COMMON_WORD,
  textOf,
  type SyncedSource,
} from '../../support/fault-matrix/synced-source.js';
import { CONNECTIONS, FilesBench } from '../../support/files-bench.js';
import { PAGE_FILES } from '../../support/files-source.js';
import { waitWithoutEnd } from '../../support/patience.js';

describeOnOneDatabase('a connection', (open) => {
  let bench: FilesBench;
  let source: SyncedSource;
  let editor: FilesSourceEditor;

  beforeAll(async () => {
    bench = await FilesBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    waitWithoutEnd();
    ({ source, editor } = await bench.attach());
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.detach();
  });

  const searchIn = async (collection: string): Promise<string[]> => {
    const path = `/v1/memory/collections/${encodeURIComponent(collection)}/search`;
    const answer = await bench.request('POST', path, {
      query: COMMON_WORD,
      mode: 'text',
      limit: 100,
    });
    expect(answer.status).toBe(200);
    return (answer.body as { text: string }[]).map(({ text }) => text);
  };

  it('keeps its memories when it is deleted, and finds them again', async () => {
    const { one } = await source.fill({ one: PAGE_FILES + 1 });
    await source.sync();
    const before = await source.stored();
    const path = `${CONNECTIONS}/${source.connection}`;
    expect((await bench.request('DELETE', path)).status).toBe(200);
    expect(await searchIn(source.collection)).toHaveLength(one.ids.length);
    expect(await source.get()).toMatchObject({ code: 'connection_not_found' });

    await editor.edit(one.ids[0]!, textOf('an edit in between'));
    await editor.remove(one.ids[1]!);
    const attached = await bench.connect();
    expect(attached).toMatchObject({
      status: 201,
      body: { document_count: PAGE_FILES + 1, last_run: null },
    });
    source = source.as(attached.body.id as string);
    const run = await source.sync();
    expect(run.counts).toMatchObject({ created: 0, updated: 1, deleted: 1, embedded: 1 });
    const known = new Set(before.map(({ id }) => id));
    expect((await source.stored()).every(({ id }) => known.has(id))).toBe(true);
    await source.expectIndexToEqualSource();
    await bench.request('DELETE', `${CONNECTIONS}/${source.connection}?purge=true`);
  });

  it('takes its memories along when it is purged', async () => {
    await source.fill({ one: PAGE_FILES + 1 });
    await source.sync();
    await bench.request('DELETE', `${CONNECTIONS}/${source.connection}?purge=true`);
    expect(await searchIn(source.collection)).toEqual([]);
    const left = await bench.sql(
      `select 1 from memories m join collections c on c.id = m.collection_id where c.name = $1`,
      [source.collection],
    );
    expect(left).toEqual([]);
  });

  it('writes nothing more once it is deleted in the middle of a run', async () => {
    await source.fill({ one: 4 * PAGE_FILES });
    const gate = new Gate();
    bench.engine.hooks = {
      beforePage: ({ partition, page }) =>
        partition === 'one' && page === 3 ? gate.pass() : undefined,
    };
    await source.ask();
    await gate.reached;
    const deleting = bench.request('DELETE', `${CONNECTIONS}/${source.connection}`);
    await eventually('the run to be told', async () => {
      const told = `select from runs where connection_id = $1 and cancel_requested`;
      return (await bench.sql(told, [source.connection])).length > 0 || undefined;
    });
    gate.open();
    expect(await deleting).toMatchObject({ status: 200 });
    const stored = () =>
      bench.sql(
        `select count(*)::int as n from documents d join collections c on c.id = d.collection_id
         where c.name = $1`,
        [source.collection],
      );
    const before = await stored();
    // The one worker takes another run only after it has given this one up.
    const other = await bench.another();
    await bench.request('POST', `${CONNECTIONS}/${other}/sync`);
    expect(await stored()).toEqual(before);
    await bench.request('DELETE', `${CONNECTIONS}/${other}`);
  });

  it('is attached once to a collection', async () => {
    expect(await bench.connect()).toMatchObject({
      status: 409,
      body: { code: 'connection_exists' },
    });
  });

  it.each([
    ['provider_not_found', 404, { provider: 'carrier-pigeon' }],
    ['path_not_allowed', 422, { config: { path: '/' } }],
    ['validation_failed', 422, { config: { folder: '/notes' } }],
  ])('is refused with %s', async (code, status, change) => {
    const refused = await bench.connect({ collection: 'refused', ...change });
    expect(refused).toMatchObject({ status, body: { code } });
  });

  it('is attached whatever else a client sends, and nulls are as good as nothing', async () => {
    const extra = { foo: 1, name: null, credentials: null, collection: 'of-a-client' };
    const { status, body } = await bench.connect(extra);
    expect([status, body.name]).toEqual([201, expect.any(String)]);
    const path = `${CONNECTIONS}/${body.id}`;
    const answer = await bench.request('POST', `${path}/sync`, { full: false, foo: 1 });
    expect(answer).toMatchObject({ status: 200, body: { status: 'success' } });
    await bench.request('DELETE', path);
  });

  it('does not change its account', async () => {
    const path = join(editor.root, 'elsewhere');
    mkdirSync(path);
    const refused = await bench.request('PATCH', `${CONNECTIONS}/${source.connection}`, {
      config: { path },
    });
    expect(refused).toMatchObject({ status: 422, body: { code: 'invalid_config' } });
    expect(await source.get()).toMatchObject({ config: { path: editor.path } });
  });

  it('stops by itself after five errors in a row', async () => {
    await source.fill({ one: 1 });
    bench.engine.hooks = {
      beforePage() {
        throw new TypeError('a bug in the connector');
      },
    };
    for (let n = 1; n <= 5; n += 1) {
      expect(await source.get()).toMatchObject({ status: 'active' });
      expect(await source.sync()).toMatchObject({
        status: 'error',
        error: 'a bug in the connector',
        error_detail: { code: 'internal_error', retryable: true },
      });
    }
    expect(await source.get()).toMatchObject({
      status: 'error',
      status_reason: 'a bug in the connector',
    });
  });
});
