import { Embedders } from '../../../src/inference/embedders.js';
import { StatsFolder } from '../../../src/indexing/statistics/stats-folder.js';
import { MemoriesRepository } from '../../../src/memories/memories.repository.js';
import { SearchService } from '../../../src/search/search.service.js';
import { CollectionsService } from '../../../src/collections/collections.service.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { describeOnEachStore } from '../../support/store-fixtures.js';
import { collectionRoutes, type CollectionRoutes } from './collection-routes.js';

/** What one request does while another one is under way, at the moment that a test names. */
describeOnEachStore('changes of a memory that overlap', (open) => {
  let app: TestApp;
  let newCollection: () => CollectionRoutes;
  beforeAll(async () => {
    app = await startApp(await open());
    newCollection = collectionRoutes(app);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => app.close());

  /** Does something once a request has read what it needs and embeds its text. */
  function onceEmbedding(work: () => Promise<unknown>): void {
    const embedder = app.nest.get(Embedders, { strict: false }).standard;
    const embed = embedder.embed.bind(embedder);
    jest.spyOn(embedder, 'embed').mockImplementationOnce(async (...given) => {
      await work();
      return embed(...given);
    });
  }

  async function expectNoDrift(): Promise<void> {
    await app.nest.get(StatsFolder, { strict: false }).foldAll();
    const path = '/v1/memory/admin/index/check';
    const body = { repair: false };
    const checked = await app.request('POST', path, { key: app.operatorKey, body });
    const found = Object.entries<number>(checked.body.found).filter(([, count]) => count > 0);
    expect([checked.status, found]).toEqual([200, []]);
  }

  const patch = ({ memories }: CollectionRoutes, id: string, body: object) =>
    app.request('PATCH', `${memories}/${id}`, { body });
  const move = ({ memories }: CollectionRoutes, id: string, to: CollectionRoutes) =>
    app.request('POST', `${memories}/${id}/move`, { body: { to_collection: to.name } });
  const deleteCollection = async ({ base }: CollectionRoutes) =>
    expect((await app.request('DELETE', base)).status).toBe(200);

  it('leave the text of one that is moved away as it was, and its index entry with it', async () => {
    const [from, to] = [newCollection(), newCollection()];
    const id = await from.add({ text: 'The llama farm opens in May' });
    onceEmbedding(async () => expect((await move(from, id, to)).status).toBe(200));
    const changed = await patch(from, id, { text: 'The walrus farm opens in June' });
    expect([changed.status, changed.body.code]).toEqual([404, 'memory_not_found']);
    expect(await to.texts()).toEqual(['The llama farm opens in May']);
    for (const mode of ['vector', 'text'])
      expect(await to.search({ query: 'llama farm', mode })).toHaveLength(1);
    await expectNoDrift();
  });

  it('write nothing of one that is deleted meanwhile', async () => {
    const notes = newCollection();
    const id = await notes.add({ text: 'Short-lived' });
    onceEmbedding(() => app.request('DELETE', `${notes.memories}/${id}`));
    const changed = await patch(notes, id, { text: 'Longer-lived' });
    expect([changed.status, changed.body.code]).toEqual([404, 'memory_not_found']);
    await expectNoDrift();
  });

  it('keep what others set while a new text is embedded', async () => {
    const notes = newCollection();
    const id = await notes.add({ text: 'Old text' });
    onceEmbedding(() => app.request('POST', `${notes.memories}/${id}/archive`));
    const { body } = await patch(notes, id, { text: 'New text', category: 'fact' });
    expect(body).toMatchObject({ text: 'New text', category: 'fact', archived: true });
    expect(await notes.texts()).toEqual([]);
    await expectNoDrift();
  });

  it('store text and labels together or not at all', async () => {
    const notes = newCollection();
    const id = await notes.add({ text: 'Before', category: 'fact' });
    const repository = app.nest.get(MemoriesRepository, { strict: false });
    jest.spyOn(repository, 'change').mockRejectedValueOnce(new Error('the process is unwell'));
    const body = { text: 'After', category: 'policy' };
    const failed = await app.request('PATCH', `${notes.memories}/${id}`, { body, allow500: true });
    expect(failed.status).toBe(500);
    const kept = await app.request('GET', `${notes.memories}/${id}`);
    expect(kept.body).toMatchObject({ text: 'Before', category: 'fact' });
    expect((await patch(notes, id, body)).body).toMatchObject(body);
    await expectNoDrift();
  });

  it('forget nothing whose text has changed since it was found', async () => {
    const notes = newCollection();
    const id = await notes.add({ text: 'The vault code is 1234' });
    await notes.add({ text: 'The vault code is 1234, says Ann' });
    const search = app.nest.get(SearchService, { strict: false });
    const find = search.search.bind(search);
    jest.spyOn(search, 'search').mockImplementationOnce(async (...query) => {
      const hits = await find(...query);
      await patch(notes, id, { text: 'Lunch is at noon' });
      return hits;
    });
    const body = { query: 'The vault code is 1234', min_score: 0.3 };
    const forgotten = await app.request('POST', `${notes.base}/forget`, { body });
    expect(forgotten.body).toEqual({ deleted: 1 });
    expect(await notes.texts()).toEqual(['Lunch is at noon']);
  });

  describe('in a collection that is deleted meanwhile', () => {
    it('add nothing and say that it is gone', async () => {
      const notes = newCollection();
      await notes.add({ text: 'The first' });
      onceEmbedding(() => deleteCollection(notes));
      const added = await app.request('POST', notes.memories, { body: { text: 'Too late' } });
      expect([added.status, added.body.code]).toEqual([404, 'collection_not_found']);
    });

    it('change nothing and say that it is gone', async () => {
      const notes = newCollection();
      const id = await notes.add({ text: 'The first' });
      onceEmbedding(() => deleteCollection(notes));
      const changed = await patch(notes, id, { text: 'Too late' });
      expect([changed.status, changed.body.code]).toEqual([404, 'memory_not_found']);
    });

    it('move nothing into it and say that it is gone', async () => {
      const [from, to] = [newCollection(), newCollection()];
      const id = await from.add({ text: 'Stays here' });
      await to.add({ text: 'Goes' });
      const collections = app.nest.get(CollectionsService, { strict: false });
      const ensure = collections.ensure.bind(collections);
      jest.spyOn(collections, 'ensure').mockImplementationOnce(async (...given) => {
        const found = await ensure(...given);
        await deleteCollection(to);
        return found;
      });
      const moved = await move(from, id, to);
      expect([moved.status, moved.body.code]).toEqual([404, 'collection_not_found']);
      expect(await from.texts()).toEqual(['Stays here']);
      await expectNoDrift();
    });
  });
});
