import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { RetentionService } from '../../../src/scheduler/retention.service.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { syncedFolder, visibleText, type SyncedFolder } from '../../support/synced-folder.js';

const DOCUMENTS = '/v1/memory/documents';

describeOnOneDatabase('documents', (open) => {
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

  it('take connection_id, as answers call it, for connection', async () => {
    const { connection } = folder;
    const other = randomUUID();
    const found = async (query: string) => (await list(query)).length;
    expect(await found(`?connection_id=${other}`)).toBe(0);
    expect(await found(`?connection_id=${connection}`)).toBe(3);
    expect(await found(`?connection_id=${connection}&connection=${connection}`)).toBe(3);
    const explain = `${DOCUMENTS}/explain?external_id=kitchen/bread.md`;
    const known = await request('GET', `${explain}&connection_id=${connection}`);
    expect(known.body).toMatchObject({ verdict: 'live', connection: { id: connection } });
    const unknown = await request('GET', `${explain}&connection_id=${other}`);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'connection_not_found']);
    for (const path of [`${DOCUMENTS}?q=bread`, explain]) {
      const both = await request('GET', `${path}&connection=${connection}&connection_id=${other}`);
      expect([both.status, both.body.code]).toEqual([422, 'validation_failed']);
      expect(both.body.detail).toMatchObject([{ loc: ['query', 'connection_id'] }]);
    }
    const { paths } = (await request('GET', '/openapi.json')).body;
    const shown = paths[DOCUMENTS].get.parameters.map(({ name }: { name: string }) => name);
    expect(shown).toEqual(expect.arrayContaining(['limit', 'q', 'connection', 'connection_id']));
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

  describe('that were removed for good stay away under another name', () => {
    const removed = async (name: string, purge: boolean) => {
      folder.write(`${name}.md`, `# ${name}\n\nNobody should read ${name}.\n`);
      await folder.sync();
      const id = await idOf(`${name}.md`);
      await request('DELETE', `${DOCUMENTS}/${id}?purge=${purge}`);
      return id;
    };
    const visible = async () => [...(await folder.index()).keys()];

    it.each([
      ['kept for a while', false],
      ['purged', true],
    ])('when what is stored of them is %s', async (_, purge) => {
      const name = purge ? 'purged' : 'removed';
      await removed(name, purge);
      folder.rename(`${name}.md`, `${name}-2.md`);
      const { counts } = await folder.sync();
      expect(counts).toMatchObject({ created: 0, moved: 0, embedded: 0, deleted: 0 });
      const left = counts.skipped.suppressed as number;
      expect((await folder.sync({ full: true })).counts.skipped.suppressed).toBe(left);
      folder.rename(`${name}-2.md`, `elsewhere/${name}-3.md`);
      expect((await folder.sync()).counts.skipped.suppressed).toBe(left);
      expect((await visible()).filter((path) => path.includes(name))).toEqual([]);
      for (const path of [`${name}.md`, `${name}-2.md`, `elsewhere/${name}-3.md`]) {
        const search = `external_id=${path}&connection=${folder.connection}`;
        const { body } = await request('GET', `${DOCUMENTS}/explain?${search}`);
        expect([path, body.verdict, body.document === null]).toEqual([path, 'suppressed', purge]);
      }
    });

    it('until they are restored, which follows the new name', async () => {
      const id = await removed('comeback', false);
      folder.rename('comeback.md', 'comeback-2.md');
      await folder.sync();
      await request('POST', `${DOCUMENTS}/${id}/restore`);
      expect((await folder.sync()).counts).toMatchObject({ moved: 1, embedded: 0 });
      expect(await visible()).toContain('comeback-2.md');
      expect((await request('GET', `${DOCUMENTS}/${id}`)).body).toMatchObject({
        ...{ state: 'live', suppressed: false, kept: false, external_id: 'comeback-2.md' },
      });
    });

    it('but a copy of them, and a renamed document with the same text, are not theirs', async () => {
      const text = '# Same\n\nTwo files say the same.\n';
      folder.write('same-a.md', text);
      folder.write('same-b.md', text);
      await folder.sync();
      await request('DELETE', `${DOCUMENTS}/${await idOf('same-a.md')}?purge=true`);
      folder.write('same-c.md', text);
      await folder.sync();
      expect(await visible()).toEqual(expect.arrayContaining(['same-b.md', 'same-c.md']));
      folder.remove('same-a.md');
      folder.remove('same-c.md');
      await folder.sync();
      await request('DELETE', `${DOCUMENTS}/${await idOf('same-c.md')}?purge=true`);
      folder.rename('same-b.md', 'same-d.md');
      expect((await folder.sync()).counts).toMatchObject({ moved: 1, deleted: 0 });
      expect(await visible()).toContain('same-d.md');
    });
  });

  describe('that were restored', () => {
    const restored = async (name: string) => {
      folder.write(name, `# Kept\n\nThe only copy of ${name}.\n`);
      await folder.sync();
      const id = await idOf(name);
      folder.remove(name);
      await folder.sync();
      expect((await request('GET', `${DOCUMENTS}/${id}`)).body).toMatchObject({ state: 'deleted' });
      await request('POST', `${DOCUMENTS}/${id}/restore`);
      return id;
    };

    it('stay although their source lacks them, until it lists them again', async () => {
      const id = await restored('kept.md');
      for (const full of [false, true]) await folder.sync({ full });
      expect((await folder.index()).get('kept.md')).toContain('The only copy');
      const { body } = await request('GET', `${DOCUMENTS}/${id}`);
      expect(body).toMatchObject({ state: 'live', kept: true });
      const explained = await request('GET', `${DOCUMENTS}/explain?external_id=kept.md`);
      expect(explained.body).toMatchObject({ verdict: 'live', document: { kept: true } });
      expect(explained.body.summary).toContain('restored here');
      folder.write('kept.md', '# Kept\n\nThe only copy of kept.md.\n');
      expect((await folder.sync()).counts.embedded).toBe(0);
      expect((await request('GET', `${DOCUMENTS}/${id}`)).body).toMatchObject({ kept: false });
      folder.remove('kept.md');
      expect((await folder.sync()).counts.deleted).toBe(1);
    });

    it('and are still at their source are kept up to date again', async () => {
      folder.write('still.md', '# Still\n\nIt is still there.\n');
      await folder.sync();
      const id = await idOf('still.md');
      await request('DELETE', `${DOCUMENTS}/${id}`);
      await request('POST', `${DOCUMENTS}/${id}/restore`);
      await folder.sync();
      expect((await request('GET', `${DOCUMENTS}/${id}`)).body).toMatchObject({ kept: false });
      folder.remove('still.md');
      expect((await folder.sync()).counts.deleted).toBe(1);
    });

    it('can be deleted again', async () => {
      const id = await restored('twice.md');
      await folder.sync();
      await request('DELETE', `${DOCUMENTS}/${id}`);
      await folder.sync();
      expect((await request('GET', `${DOCUMENTS}/${id}`)).body).toMatchObject({
        ...{ state: 'deleted', suppressed: true, kept: false },
      });
    });
  });

  describe('of one account in two collections', () => {
    const attach = async (collection: string) => {
      const body = { provider: 'files', config: { path: folder.root }, schedule: null, collection };
      const made = await folder.app.request('POST', '/v1/memory/connections', { body });
      return made.body.id as string;
    };
    const detach = (id: string) => request('DELETE', `/v1/memory/connections/${id}?purge=true`);
    const syncAll = async (connection: string) => {
      const path = `/v1/memory/connections/${connection}/sync`;
      await folder.app.request('POST', path, { body: { full: true } });
    };
    const idIn = async (collection: string, name: string) =>
      (await list(`?collection=${collection}&q=${name}`)).find((one) => one.external_id === name)!
        .id;
    const shown = async (connection: string, ...names: string[]) => {
      const index = await visibleText(database, connection);
      return names.filter((name) => index.has(name));
    };

    it('are removed in the one and stay in the other', async () => {
      folder.write('shared.md', '# Shared\n\nBoth collections have this.\n');
      folder.write('forgotten.md', '# Forgotten\n\nThe cellar key is under the mat.\n');
      await folder.sync();
      const other = await attach('other');
      await syncAll(other);
      await request('DELETE', `${DOCUMENTS}/${await idIn('notes', 'shared.md')}`);
      const forget = { query: 'The cellar key is under the mat.', min_score: 0.5, limit: 1 };
      const path = '/v1/memory/collections/notes/forget';
      expect((await folder.app.request('POST', path, { body: forget })).body.deleted).toBe(1);
      await folder.sync({ full: true });
      await syncAll(other);
      await folder.app.nest.get(RetentionService).removeOld();
      const both = ['forgotten.md', 'shared.md'];
      expect(await shown(folder.connection, ...both)).toEqual([]);
      expect(await shown(other, ...both)).toEqual(both);
      const explain = `${DOCUMENTS}/explain?external_id=shared.md&connection=`;
      expect((await request('GET', explain + other)).body).toMatchObject({
        ...{ verdict: 'live', document: { suppressed: false } },
      });
      expect((await request('GET', explain + folder.connection)).body.verdict).toBe('suppressed');

      // Attached again, a collection still honours what was removed there.
      await request('DELETE', `${DOCUMENTS}/${await idIn('other', 'shared.md')}?purge=true`);
      await detach(other);
      const again = await attach('other');
      await syncAll(again);
      expect(await shown(again, ...both)).toEqual(['forgotten.md']);
      await detach(again);
    });

    it('stay removed everywhere where it was noted for no collection', async () => {
      folder.write('old.md', '# Old\n\nRemoved before collections were told apart.\n');
      await folder.sync();
      const id = await idIn('notes', 'old.md');
      await request('DELETE', `${DOCUMENTS}/${id}`);
      await database.asSystem((tx) =>
        tx.query(
          `update suppressions set collection_id = null, document_id = null where document_id = $1`,
          [id],
        ),
      );
      const third = await attach('third');
      await syncAll(third);
      await folder.sync();
      folder.rename('old.md', 'older.md');
      await folder.sync();
      await syncAll(third);
      for (const connection of [folder.connection, third])
        expect(await shown(connection, 'old.md', 'older.md')).toEqual([]);
      await request('POST', `${DOCUMENTS}/${id}/restore`);
      await folder.sync();
      expect(await shown(folder.connection, 'older.md')).toEqual(['older.md']);
      await detach(third);
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
