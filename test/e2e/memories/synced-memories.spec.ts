import { randomUUID } from 'node:crypto';
import { Database } from '../../../src/database/database.js';
import { startApp, type TestApp, type TestTenant } from '../../support/http-app.js';

describe('synced memories', () => {
  const base = '/v1/memory/collections/wiki';
  let app: TestApp;
  let tenant: TestTenant;
  beforeAll(async () => {
    app = await startApp();
    tenant = await app.newTenant();
  });
  afterAll(() => app.close());

  const request = (method: string, path: string, body?: unknown) =>
    app.request(method, `${base}/${path}`, { key: tenant.apiKey, body });
  const inDatabase = <T>(sql: string, parameters: unknown[]): Promise<T> =>
    app.nest.get(Database).inTenant(tenant.id, (tx) => tx.query<T>(sql, parameters));

  /** A memory as a sync leaves it: the chunk of a live document. */
  async function synced(text: string): Promise<{ id: string; document: string }> {
    const added = await request('POST', 'memories', { text, source: 'files' });
    const document = randomUUID();
    await inDatabase(
      `insert into documents (id, tenant_id, collection_id, provider, account_id, external_id,
         partition_key, seq, version, state, title, url)
       select $1, $2, collection_id, 'files', '/wiki', $3, '.', 1, '1', 'live', 'Handbook', $4
       from memories where id = $5`,
      [document, tenant.id, `page-${document}`, 'file:///wiki/handbook.md', added.body.id],
    );
    await inDatabase('update memories set document_id = $1 where id = $2', [
      document,
      added.body.id,
    ]);
    return { id: added.body.id, document };
  }

  const suppressed = async (document: string): Promise<number> => {
    const rows = await inDatabase<object[]>(
      `select from suppressions where tenant_id = $1 and provider = 'files'
         and account_id = '/wiki' and external_id = $2 and text_hash is not null`,
      [tenant.id, `page-${document}`],
    );
    return rows.length;
  };

  it('say where they come from', async () => {
    const { id, document } = await synced('Lunch is at noon');
    const { body } = await request('GET', `memories/${id}`);
    expect(body.metadata).toMatchObject({
      provider: 'files',
      document_id: document,
      title: 'Handbook',
      url: 'file:///wiki/handbook.md',
    });
  });

  it('keep their text, metadata and collection', async () => {
    const { id } = await synced('Doors close at nine');
    const text = await request('PATCH', `memories/${id}`, { text: 'Never', importance: 1 });
    expect([text.status, text.body.code]).toEqual([409, 'memory_is_synced']);
    const move = await request('POST', `memories/${id}/move`, { to_collection: 'elsewhere' });
    expect([move.status, move.body.code]).toEqual([409, 'memory_is_synced']);
    const metadata = await request('PATCH', `memories/${id}`, { metadata: {}, importance: 1 });
    expect([metadata.status, metadata.body.code]).toEqual([409, 'memory_is_synced']);
    const { body } = await request('GET', `memories/${id}`);
    expect(body).toMatchObject({ text: 'Doors close at nine', importance: 0.7 });
  });

  it('take labels, pin and archive', async () => {
    const { id } = await synced('Badges are blue');
    const patch = { text: 'Badges are blue', importance: 0.2, category: 'policy' };
    expect((await request('PATCH', `memories/${id}`, patch)).body).toMatchObject({
      importance: 0.2,
      category: 'policy',
    });
    expect((await request('POST', `memories/${id}/pin`)).body.pinned).toBe(true);
    expect((await request('POST', `memories/${id}/archive`)).body.archived).toBe(true);
  });

  it('are noted when deleted or forgotten, so that a sync leaves them out', async () => {
    const deleted = await synced('The wifi password is on the fridge');
    await request('DELETE', `memories/${deleted.id}`);
    expect(await suppressed(deleted.document)).toBe(1);

    const forgotten = await synced('Parking is free on Sundays');
    const answer = await request('POST', 'forget', {
      query: 'Parking is free on Sundays',
      min_score: 0.9,
    });
    expect(answer.body).toEqual({ deleted: 1 });
    expect(await suppressed(forgotten.document)).toBe(1);
  });

  it('are never deleted as duplicates', async () => {
    const { id } = await synced('Coffee is in the kitchen');
    await synced('Coffee is in the kitchen');
    await request('POST', 'memories', { text: 'Coffee is in the kitchen', importance: 1 });
    const answer = await request('POST', 'dedup', { dry_run: false });
    expect(answer.body.deleted).toBe(1);
    expect((await request('GET', `memories/${id}`)).status).toBe(200);
    const listed = await request('GET', 'memories?source=files');
    const copies = listed.body.filter(({ text }: { text: string }) => text.startsWith('Coffee'));
    expect(copies).toHaveLength(2);
  });

  it('are gone while their source hides them', async () => {
    const { id, document } = await synced('The roof is closed');
    await inDatabase(`update documents set state = 'deleted' where id = $1`, [document]);
    await inDatabase('update memories set visible = false where id = $1', [id]);
    expect((await request('GET', `memories/${id}`)).body.code).toBe('memory_not_found');
    expect((await request('POST', `memories/${id}/pin`)).body.code).toBe('memory_not_found');
    expect((await request('DELETE', `memories/${id}`)).body.code).toBe('memory_not_found');
  });
});
