import { randomUUID } from 'node:crypto';
import { startApp, type TestApp } from '../../support/http-app.js';
import { collectionRoutes, type CollectionRoutes } from './collection-routes.js';

describe('one memory', () => {
  let app: TestApp;
  let newCollection: () => CollectionRoutes;
  beforeAll(async () => {
    app = await startApp();
    newCollection = collectionRoutes(app);
  });
  afterAll(() => app.close());

  describe('related', () => {
    it('finds neighbours and neither itself nor archived ones', async () => {
      const { add, memories } = newCollection();
      const id = await add({ text: 'The billing service runs on Stripe' });
      await add({ text: 'Billing moved to Stripe' });
      const archived = await add({ text: 'Stripe is the billing service' });
      await add({ text: 'Cats sleep all day' });
      await app.request('POST', `${memories}/${archived}/archive`);
      const related = await app.request('GET', `${memories}/${id}/related?limit=1`);
      expect(related.status).toBe(200);
      expect(related.body.map((hit: { text: string }) => hit.text)).toEqual([
        'Billing moved to Stripe',
      ]);
      const strict = await app.request('GET', `${memories}/${id}/related?min_score=0.99`);
      expect(strict.body).toEqual([]);
      const wrong = await app.request('GET', `${memories}/${id}/related?min_score=2`);
      expect(wrong.status).toBe(422);
    });
  });

  describe('move', () => {
    it('gives the memory to another collection, made if need be', async () => {
      const from = newCollection();
      const to = newCollection();
      const id = await from.add({ text: 'The llama farm opens in May' });
      const body = { to_collection: to.name };
      const moved = await app.request('POST', `${from.memories}/${id}/move`, { body });
      expect([moved.status, moved.body.moved]).toEqual([200, true]);
      const gone = await app.request('GET', `${from.memories}/${id}`);
      expect([gone.status, gone.body.code]).toEqual([404, 'memory_not_found']);
      expect(await from.search({ query: 'llama farm' })).toEqual([]);
      expect(await to.search({ query: 'llama farm', mode: 'vector' })).toHaveLength(1);
      expect(await to.search({ query: 'llama', mode: 'text' })).toHaveLength(1);
      expect((await app.request('GET', `${to.memories}/${id}`)).body.collection).toBe(to.name);
      const again = await app.request('POST', `${from.memories}/${id}/move`, { body });
      expect(again.body.code).toBe('memory_not_found');
    });

    it('makes no collection for a memory that is not there', async () => {
      const from = newCollection();
      await from.add({ text: 'one' });
      const to = newCollection();
      const body = { to_collection: to.name };
      await app.request('POST', `${from.memories}/${randomUUID()}/move`, { body });
      expect((await app.request('GET', to.base)).status).toBe(404);
    });
  });

  describe('delete', () => {
    it('answers {} and leaves nothing to find', async () => {
      const { add, memories, search, texts } = newCollection();
      const id = await add({ text: 'The vault code is 1234' });
      const deleted = await app.request('DELETE', `${memories}/${id}`);
      expect([deleted.status, deleted.body]).toEqual([200, {}]);
      expect(await texts('?include_archived=true')).toEqual([]);
      expect(await search({ query: 'vault code' })).toEqual([]);
      const again = await app.request('DELETE', `${memories}/${id}`);
      expect([again.status, again.body.code]).toEqual([404, 'memory_not_found']);
    });
  });

  it('answers 404 for an unknown collection or memory on every route of one memory', async () => {
    const { add, memories } = newCollection();
    await add({ text: 'one' });
    const nowhere = '/v1/memory/collections/nowhere/memories';
    expect((await app.request('GET', nowhere)).body.code).toBe('collection_not_found');
    const routes = [
      ['GET', ''],
      ['PATCH', '', { text: 'x' }],
      ['PATCH', '', { category: 'x' }],
      ['DELETE', ''],
      ['POST', '/pin'],
      ['POST', '/archive'],
      ['POST', '/move', { to_collection: 'elsewhere' }],
      ['GET', '/related'],
    ] as const;
    for (const [method, tail, body] of routes) {
      const id = randomUUID();
      const missing = await app.request(method, `${memories}/${id}${tail}`, { body });
      expect([method, tail, missing.body.code]).toEqual([method, tail, 'memory_not_found']);
      const lost = await app.request(method, `${nowhere}/${id}${tail}`, { body });
      expect([method, tail, lost.body.code]).toEqual([method, tail, 'collection_not_found']);
      const noId = await app.request(method, `${memories}/7${tail}`, { body });
      expect([method, tail, noId.status]).toEqual([method, tail, 422]);
    }
    expect((await app.request('GET', '/v1/memory/collections/elsewhere')).status).toBe(404);
  });

  describe('a key', () => {
    it('that may only read is refused every write', async () => {
      const { name, base, add, memories } = newCollection();
      const id = await add({ text: 'Read only' });
      const { apiKey: key } = await app.newKey({ name: 'reader', scopes: ['memory:read'] });
      for (const path of [memories, `${memories}/${id}`, `${memories}/${id}/related`]) {
        expect((await app.request('GET', path, { key })).status).toBe(200);
      }
      const found = await app.request('POST', `${base}/search`, { key, body: { query: 'read' } });
      expect(found.status).toBe(200);
      const writes = [
        ['POST', memories, { text: 'x' }],
        ['POST', `${memories}/bulk`, [{ text: 'x' }]],
        ['PATCH', `${memories}/${id}`, { importance: 1 }],
        ['DELETE', `${memories}/${id}`],
        ['POST', `${memories}/${id}/move`, { to_collection: name }],
        ['POST', `${memories}/${id}/pin`],
        ['POST', `${memories}/${id}/archive`],
        ['POST', `${base}/forget`, { query: 'x' }],
        ['POST', `${base}/dedup`, { dry_run: false }],
        ['POST', `${base}/archive-stale`, { dry_run: false }],
        ['POST', '/v1/memory/admin/import', { memories: [] }],
        ['GET', '/v1/memory/admin/export'],
      ] as const;
      for (const [method, path, body] of writes) {
        const answer = await app.request(method, path, { key, body });
        expect([method, path, answer.status, answer.body.code]).toEqual([
          method,
          path,
          403,
          'forbidden',
        ]);
      }
      for (const path of [`${base}/dedup`, `${base}/archive-stale`]) {
        expect((await app.request('POST', path, { key })).status).toBe(200);
      }
    });

    it('restricted to a collection cannot move a memory out of it', async () => {
      const { name, add, memories } = newCollection();
      const id = await add({ text: 'Stays here' });
      const { apiKey: key } = await app.newKey({ name: 'one collection', collection: name });
      const body = { to_collection: 'loot' };
      const answer = await app.request('POST', `${memories}/${id}/move`, { key, body });
      expect([answer.status, answer.body.code]).toEqual([403, 'collection_forbidden']);
    });

    it('of another tenant sees nothing', async () => {
      const { add, memories } = newCollection();
      const id = await add({ text: 'Private' });
      const { apiKey: key } = await app.newTenant();
      const answer = await app.request('GET', `${memories}/${id}`, { key });
      expect(answer.body.code).toBe('collection_not_found');
    });
  });
});
