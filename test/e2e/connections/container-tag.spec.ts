import { ConnectionsRepository } from '../../../src/connections/connections.repository.js';
import { eventually } from '../../support/eventually.js';
import { waitWithoutEnd } from '../../support/patience.js';
import { describeOnEachStore, type TestStore } from '../../support/store-fixtures.js';
import { syncedFolder, type SyncedFolder } from '../../support/synced-folder.js';

const CONNECTIONS = '/v1/memory/connections';

describeOnEachStore('the container tag of a connection', (open) => {
  let store: TestStore;
  let folder: SyncedFolder;
  let attached: string;

  beforeAll(async () => {
    waitWithoutEnd();
    store = await open();
    folder = await syncedFolder(store.database, store.env);
    await detach(folder.connection);
    folder.write('harbour.md', '# Harbour\n\nThe ferry leaves at noon.\n');
    folder.write('island.md', '# Island\n\nThe ferry comes back at dusk.\n');
    folder.write('removed.md', '# Removed\n\nThe ferry is out of order.\n');
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await folder.close();
  });
  afterEach(() => detach(attached));

  const request = async (method: string, path: string, body?: unknown) => {
    const answer = await folder.app.request(method, path, { body });
    if (answer.status >= 400) throw new Error(answer.text);
    return answer.body;
  };
  /** Leaves the documents. */
  const detach = (id: string) => request('DELETE', `${CONNECTIONS}/${id}`);
  const attach = async (tag: string | null): Promise<string> => {
    const settings = { provider: 'files', config: { path: folder.root }, collection: 'notes' };
    const body = { ...settings, schedule: null, container_tag: tag };
    attached = (await request('POST', CONNECTIONS, body)).id as string;
    return attached;
  };
  const sync = async (id: string, body = {}) =>
    (await request('POST', `${CONNECTIONS}/${id}/sync`, body)).run.counts;
  /** Titles of what is found under a tag. */
  const found = async (tag: string): Promise<string[]> => {
    const body = { query: 'When does the ferry leave?', container_tag: tag, limit: 20 };
    const hits: { title: string }[] = await request('POST', '/v1/memory/search', body);
    return [...new Set(hits.map(({ title }) => title))].sort();
  };
  /** Qdrant follows the rows in the background. */
  const shows = (tag: string, titles: string[]) =>
    eventually(`${titles.join(' and ')} under ${tag}`, async () => {
      const now = await found(tag);
      return (now.join() === titles.join() && (await isIndexed())) || undefined;
    });
  const isIndexed = async (): Promise<boolean> => {
    if (!store.double) return true;
    const marks = await store.database.asSystem((tx) => tx.query<unknown[]>(`select from outbox`));
    return marks.length === 0;
  };

  it('is that of all its documents, also of those that an earlier connection left', async () => {
    const alice = await attach('alice');
    await sync(alice);
    await shows('alice', ['Harbour', 'Island', 'Removed']);
    const [removed] = await request('GET', '/v1/memory/documents?q=removed.md');
    await request('DELETE', `/v1/memory/documents/${removed.id}`);
    await detach(alice);

    const bob = await attach('bob');
    await shows('bob', ['Harbour', 'Island']);
    folder.write('island.md', '# Island\n\nThe ferry comes back at dusk.\n\n# Fare\n\nTwo.\n');
    expect(await sync(bob)).toMatchObject({ updated: 1, unchanged: 1 });
    await request('POST', `/v1/memory/documents/${removed.id}/restore`);
    await shows('bob', ['Harbour', 'Island', 'Removed']);
    expect(await found('alice')).toEqual([]);
  });

  it('is given by the first sync where attaching was cut short', async () => {
    await sync(await attach('alice'));
    await detach(attached);
    const before = await request('GET', '/v1/memory/documents');
    const repository = folder.app.nest.get(ConnectionsRepository);
    jest.spyOn(repository, 'adopt').mockRejectedValueOnce(new Error('died'));
    const settings = { provider: 'files', config: { path: folder.root }, collection: 'notes' };
    const body = { ...settings, schedule: null, container_tag: 'bob' };
    const answer = await folder.app.request('POST', CONNECTIONS, { body });
    expect(answer.status).toBe(201);
    attached = answer.body.id;
    expect(await sync(attached)).toMatchObject({ created: 0, updated: 0, unchanged: 3 });
    await shows('bob', ['Harbour', 'Island', 'Removed']);
    const ids = (documents: { id: string }[]) => documents.map(({ id }) => id).sort();
    expect(ids(await request('GET', '/v1/memory/documents'))).toEqual(ids(before));
  });

  it('is mended by a full sync where it was left behind', async () => {
    const carol = await attach('carol');
    await store.database.asSystem((tx) => tx.query(`update memories set container_tag = 'alice'`));
    await sync(carol, { full: true });
    await shows('carol', ['Harbour', 'Island', 'Removed']);
    expect(await found('alice')).toEqual([]);
  });

  it('may be none', async () => {
    const connection = await attach(null);
    await sync(connection);
    expect(await found('carol')).toEqual([]);
    const memories = await request('GET', '/v1/memory/collections/notes/memories');
    const tags = memories.map((memory: { container_tag: string | null }) => memory.container_tag);
    expect(new Set(tags)).toEqual(new Set([null]));
  });

  it('stays as long as the connection', async () => {
    const connection = await attach('dave');
    const path = `${CONNECTIONS}/${connection}`;
    const answer = await folder.app.request('PATCH', path, { body: { container_tag: 'erin' } });
    expect(answer.status).toBe(422);
  });
});
