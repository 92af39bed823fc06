import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

const DOCUMENTS = '/v1/memory/documents';

describeOnEachDatabase('documents', (open) => {
  let database: Database;
  let folder: SyncedFolder;

  beforeAll(async () => {
    database = await open();
    folder = await syncedFolder(database);
    folder.write('garden/tomatoes.md', '# Tomatoes\n\nWater them early.\n');
    folder.write('garden/beans.md', '# Beans\n\nThey climb.\n');
    folder.write('kitchen/bread.md', '# Bread\n\nFeed the starter.\n');
    await folder.sync();
  });
  afterAll(() => folder.close());

  const request = (method: string, path: string, key?: string) =>
    folder.app.request(method, path, key === undefined ? {} : { key });
  const list = async (query = '', key?: string) =>
    (await request('GET', `${DOCUMENTS}${query}`, key)).body as {
      id: string;
      external_id: string;
      title: string;
    }[];
  const idOf = async (externalId: string) => {
    const all = [...(await list()), ...(await list('?state=deleted'))];
    return all.find((one) => one.external_id === externalId)!.id;
  };
  const embeddings = async () => (await folder.sync()).counts.embedded as number;

  it('are listed, newest first, page by page', async () => {
    const first = await request('GET', `${DOCUMENTS}?limit=2`);
    expect(first.status).toBe(200);
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1];
    const second = await request('GET', next!);
    const byOffset = await list('?limit=2&offset=2');
    expect(second.body).toEqual(byOffset);
    expect(second.headers.get('link')).toBeNull();
    const ids = [...first.body, ...second.body].map(({ external_id: one }) => one as string);
    expect(ids.sort()).toEqual(['garden/beans.md', 'garden/tomatoes.md', 'kitchen/bread.md']);
    const broken = await request('GET', `${DOCUMENTS}?cursor=nonsense`);
    expect(broken).toMatchObject({ status: 400, body: { code: 'bad_cursor' } });
  });

  it('are narrowed by connection, partition, state and words of the title or address', async () => {
    const names = async (query: string) =>
      (await list(query)).map(({ external_id: id }) => id).sort();
    expect(await names('?partition=garden')).toEqual(['garden/beans.md', 'garden/tomatoes.md']);
    expect(await names('?q=TOMA')).toEqual(['garden/tomatoes.md']);
    expect(await names('?q=kitchen/')).toEqual(['kitchen/bread.md']);
    expect(await names('?q=%25')).toEqual([]);
    expect(await names(`?connection=${folder.connection}&q=bread`)).toEqual(['kitchen/bread.md']);
    expect(await names(`?connection=${randomUUID()}`)).toEqual([]);
    expect(await names('?state=deleted')).toEqual([]);
    expect(await names('?collection=elsewhere')).toEqual([]);
  });

  it('show the ids of their memories, in order', async () => {
    const { body } = await request('GET', `${DOCUMENTS}/${await idOf('kitchen/bread.md')}`);
    expect(body).toMatchObject({ state: 'live', collection: 'notes', suppressed: false });
    const memories = await request(
      'GET',
      `/v1/memory/collections/notes/memories/${body.memory_ids[0]}`,
    );
    expect(memories.body.metadata).toMatchObject({ document_id: body.id });
    const missing = await request('GET', `${DOCUMENTS}/${randomUUID()}`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'document_not_found' } });
  });

  it('that are deleted stay away through syncs, and come back without embedding', async () => {
    const id = await idOf('garden/beans.md');
    const deleted = await request('DELETE', `${DOCUMENTS}/${id}`);
    expect(deleted).toMatchObject({ status: 200, body: { id, state: 'deleted' } });
    const days = (Date.parse(deleted.body.purge_at) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(7, 2);
    folder.write('garden/beans.md', '# Beans\n\nThey climb higher.\n');
    expect(await embeddings()).toBe(0);
    expect([...(await folder.index()).keys()]).not.toContain('garden/beans.md');
    const explained = await request('GET', `${DOCUMENTS}/explain?external_id=garden/beans.md`);
    expect(explained.body).toMatchObject({ verdict: 'suppressed', in_index: false });

    folder.write('garden/beans.md', '# Beans\n\nThey climb.\n');
    const restored = await request('POST', `${DOCUMENTS}/${id}/restore`);
    expect(restored).toMatchObject({ status: 200, body: { state: 'live', suppressed: false } });
    expect((await folder.index()).get('garden/beans.md')).toContain('They climb.');
    expect(await embeddings()).toBe(0);
    expect((await folder.index()).get('garden/beans.md')).toContain('They climb.');
    const again = await request('POST', `${DOCUMENTS}/${id}/restore`);
    expect(again).toMatchObject({ status: 409, body: { code: 'document_not_deleted' } });
  });

  it('that are purged leave nothing behind and do not come back', async () => {
    folder.write('secret.md', '# Secret\n\nNobody should read this.\n');
    await folder.sync();
    const id = await idOf('secret.md');
    const { memory_ids: memories } = (await request('GET', `${DOCUMENTS}/${id}`)).body;
    const purged = await request('DELETE', `${DOCUMENTS}/${id}?purge=true`);
    expect(purged.body).toEqual({ id, state: 'purged', purge_at: null });
    const left = await database.asSystem((tx) =>
      tx.query(
        `select 1 from memories where id = any($1::uuid[]) union all
         select 1 from documents where id = $2`,
        [memories, id],
      ),
    );
    expect(left).toEqual([]);
    await folder.sync({ full: true });
    expect([...(await folder.index()).keys()]).not.toContain('secret.md');
    const path = `${DOCUMENTS}/explain?external_id=secret.md&connection=${folder.connection}`;
    expect((await request('GET', path)).body).toMatchObject({
      verdict: 'suppressed',
      document: null,
    });
  });

  it('of other collections are not there for a restricted key', async () => {
    const other = await folder.app.newKey({ name: 'elsewhere', collection: 'elsewhere' });
    const own = await folder.app.newKey({ name: 'notes', collection: 'notes' });
    const id = await idOf('kitchen/bread.md');
    expect(await list('', other.apiKey)).toEqual([]);
    expect(await list('?q=bread', own.apiKey)).toHaveLength(1);
    const forbidden = await request('GET', `${DOCUMENTS}?collection=notes`, other.apiKey);
    expect(forbidden).toMatchObject({ status: 403, body: { code: 'collection_forbidden' } });
    for (const [method, path] of [
      ['GET', `${DOCUMENTS}/${id}`],
      ['DELETE', `${DOCUMENTS}/${id}`],
      ['POST', `${DOCUMENTS}/${id}/restore`],
      ['GET', `${DOCUMENTS}/explain?external_id=x&connection=${folder.connection}`],
    ] as const)
      expect([path, (await request(method, path, other.apiKey)).status]).toEqual([path, 404]);
    const explained = `${DOCUMENTS}/explain?external_id=kitchen/bread.md`;
    expect((await request('GET', explained, other.apiKey)).body).toMatchObject({
      ...{ verdict: 'unknown', document: null, connection: null, last_run: null },
    });
    expect((await request('GET', explained, own.apiKey)).body).toMatchObject({ verdict: 'live' });
  });

  it('need a key that may write to be deleted', async () => {
    const reader = await folder.app.newKey({ name: 'reader', scopes: ['memory:read'] });
    const id = await idOf('kitchen/bread.md');
    const refused = await request('DELETE', `${DOCUMENTS}/${id}`, reader.apiKey);
    expect(refused).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await list('?q=bread')).length).toBe(1);
  });
});
