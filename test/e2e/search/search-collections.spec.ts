import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { describeOnEachStore } from '../../support/store-fixtures.js';
import { searchable } from './search-fixture.js';

describeOnEachStore('search in several collections', (open) => {
  let database: Database;
  let app: TestApp;
  let vectors: string;
  beforeAll(async () => {
    const store = await open();
    database = store.database;
    app = await startApp(store);
    vectors = 'QDRANT_URL' in store.env ? 'point_vectors' : 'vectors';
  });
  afterAll(() => app.close());

  describe('over collections by name', () => {
    it.each(['/v1/memory/search', '/v1/memory/context'])('%s', async (path) => {
      const notes = [];
      for (let n = 0; n < 3; n += 1) notes.push(await searchable(app, [`Tide table ${n} of June`]));
      const [a, b, c] = notes.map(({ name }) => name) as [string, string, string];
      const own = await app.newKey({ name: 'own', collection: a, scopes: ['memory:read'] });
      const ask = (more: Record<string, unknown>, key = app.apiKey) =>
        app.request('POST', path, { key, body: { query: 'tide table', min_score: 0, ...more } });
      const found = async (more: Record<string, unknown>, key?: string) => {
        const { body } = await ask(more, key);
        const hits = (body.citations ?? body) as { collection: string }[];
        return [...new Set(hits.map(({ collection }) => collection))].toSorted();
      };
      expect(await found({ collection: b })).toEqual([b]);
      expect(await found({ collections: [c, a, c] })).toEqual([a, c].toSorted());
      expect(await found({ collection: null, limit: 100 })).toEqual(
        expect.arrayContaining([a, b, c]),
      );
      expect(await found({}, own.apiKey)).toEqual([a]);
      expect(await found({ collections: [a] }, own.apiKey)).toEqual([a]);
      for (const more of [{ collection: b }, { collections: [a, b] }])
        expect((await ask(more, own.apiKey)).body.code).toBe('collection_forbidden');
      for (const more of [{ collection: 'nowhere' }, { collections: [a, 'nowhere'] }])
        expect((await ask(more)).body.code).toBe('collection_not_found');
      for (const more of [{ collections: [] }, { collection: a, collections: [b] }])
        expect((await ask(more)).status).toBe(422);
    });
  });

  it('searches the collections of the moment, whatever an earlier search of them found', async () => {
    const { apiKey: key } = await app.newTenant();
    const ask = (body: object) =>
      app.request('POST', '/v1/memory/search', { key, body: { query: 'tides', ...body } });
    const texts = async (body: object) =>
      ((await ask(body)).body as { text: string }[]).map(({ text }) => text).sort();
    const add = (name: string, text: string) =>
      app.request('POST', `/v1/memory/collections/${name}/memories`, { key, body: { text } });
    await add('notes', 'The tides of June');
    for (let time = 1; time <= 2; time += 1) {
      expect(await texts({})).toEqual(['The tides of June']);
      expect(await texts({ collection: 'notes' })).toEqual(['The tides of June']);
    }
    await add('more', 'The tides of July');
    expect(await texts({})).toEqual(['The tides of July', 'The tides of June']);
    await app.request('DELETE', '/v1/memory/collections/notes', { key });
    expect((await ask({ collection: 'notes' })).body.code).toBe('collection_not_found');
    expect(await texts({})).toEqual(['The tides of July']);
    await add('notes', 'The tides of August');
    expect(await texts({ collection: 'notes' })).toEqual(['The tides of August']);
    expect(await texts({})).toEqual(['The tides of August', 'The tides of July']);
  });

  describe('all collections', () => {
    it('are searched together, those of other tenants not', async () => {
      const tenant = await app.newTenant();
      const post = (path: string, body: unknown, key = tenant.apiKey) =>
        app.request('POST', path, { key, body });
      const empty = await post('/v1/memory/search', { query: 'teapot' });
      expect([empty.status, empty.body]).toEqual([200, []]);
      for (const name of ['kitchen', 'attic']) {
        const text = `The teapot of the ${name}`;
        await post(`/v1/memory/collections/${name}/memories`, { text });
      }
      await searchable(app, ['Somebody else owns this teapot']);
      const found = await post('/v1/memory/search', { query: 'teapot', min_score: 0 });
      const seen = found.body.map((hit: { collection: string; text: string }) => [
        hit.collection,
        hit.text,
      ]);
      expect(seen.toSorted()).toEqual([
        ['attic', 'The teapot of the attic'],
        ['kitchen', 'The teapot of the kitchen'],
      ]);
    });

    it('are only its own for a restricted key', async () => {
      const [mine, other] = [
        await searchable(app, ['The walrus is mine']),
        await searchable(app, ['The walrus is not mine']),
      ];
      const body = { name: 'one', collection: mine.name };
      const { apiKey: key } = await app.newKey({ ...body, scopes: ['memory:read'] });
      const found = await app.request('POST', '/v1/memory/search', {
        key,
        body: { query: 'walrus' },
      });
      expect(found.body.map((hit: { text: string }) => hit.text)).toEqual(['The walrus is mine']);
      const query = { query: 'walrus' };
      const refused = await app.request('POST', `${other.base}/search`, { key, body: query });
      expect([refused.status, refused.body.code]).toEqual([403, 'collection_forbidden']);
      const unmade = await app.newKey({ name: 'two', collection: 'unmade' });
      const nothing = await app.request('POST', '/v1/memory/search', {
        key: unmade.apiKey,
        body: query,
      });
      expect([nothing.status, nothing.body]).toEqual([200, []]);
    });

    it('of another model are searched by words and take turns with the others', async () => {
      const tenant = await app.newTenant();
      const request = (path: string, body: unknown) =>
        app.request('POST', `/v1/memory/${path}`, { key: tenant.apiKey, body });
      for (const [name, text] of [
        ['new', 'The walnut tree is tall'],
        ['new', 'A walnut was found'],
        ['old', 'The walnut table is long'],
      ] as const) {
        await request(`collections/${name}/memories`, { text });
      }
      await database.asSystem((tx) =>
        tx.query(
          `with space as (
             insert into embedding_spaces (model, dimensions) values ($2, 256) returning id),
           old as (
             update collections set space_id = (select id from space)
             where tenant_id = $1 and name = 'old' returning id, space_id)
           update ${vectors} v set space_id = old.space_id from old where v.collection_id = old.id`,
          [tenant.id, `elsewhere-${randomUUID()}`],
        ),
      );
      const both = await request('search', { query: 'walnut' });
      const seen = both.body.map((hit: { collection: string }) => hit.collection);
      expect(seen.slice(0, 2).toSorted()).toEqual(['new', 'old']);
      expect(seen[2]).toBe('new');
      const text = await request('search', { query: 'walnut', mode: 'text' });
      expect(text.body).toHaveLength(3);
      const vector = await request('search', { query: 'walnut', mode: 'vector', min_score: 0 });
      expect(vector.body).toHaveLength(2);
      const stale = await request('collections/old/search', { query: 'walnut', mode: 'vector' });
      expect([stale.status, stale.body.code]).toEqual([409, 'embedding_model_differs']);
    });
  });
});
