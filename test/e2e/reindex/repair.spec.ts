import { randomUUID } from 'node:crypto';
import { QDRANT, type QdrantParts } from '../../../src/indexing/qdrant/qdrant-parts.js';
import { StatsFolder } from '../../../src/indexing/statistics/stats-folder.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { describeOnEachStore, type TestStore } from '../../support/store-fixtures.js';
import { searchable, type SearchableCollection } from '../search/search-fixture.js';
import { ended, reindex } from './reindex-fixture.js';

const TEXTS = Array.from({ length: 12 }, (_, n) => `Note ${n} about tide table number ${n}`);

describeOnEachStore('drift between rows and index', (open) => {
  let store: TestStore;
  let app: TestApp;
  let qdrant: QdrantParts | null;
  let notes: SearchableCollection;
  let tables: { vectors: string; words: string };

  beforeAll(async () => {
    store = await open();
    app = await startApp({ database: store.database, env: store.env });
    qdrant = app.nest.get<QdrantParts | null>(QDRANT, { strict: false });
    tables = qdrant
      ? { vectors: 'point_vectors', words: 'point_words' }
      : { vectors: 'vectors', words: 'words' };
    notes = await searchable(app, TEXTS);
  });
  afterAll(() => app.close());
  beforeEach(settled);

  const sql = <Row>(text: string, values: unknown[] = []) =>
    store.database.asSystem((tx) => tx.query<Row[]>(text, values));

  /** Until all marks are applied and all counts folded. */
  async function settled(): Promise<void> {
    await app.nest.get(StatsFolder, { strict: false }).foldAll();
    if (!qdrant) return;
    await eventually('an empty outbox', async () => {
      const rows = await sql('select from outbox limit 1');
      return rows.length === 0 || undefined;
    });
  }

  /** What a whole check finds and mends, other than nothing. */
  async function check(repair: boolean) {
    const found: Record<string, number> = {};
    const mended: Record<string, number> = {};
    let cursor: string | undefined;
    do {
      const { status, body } = await app.request('POST', '/v1/memory/admin/index/check', {
        key: app.operatorKey,
        body: { repair, cursor },
      });
      expect(status).toBe(200);
      for (const [sums, part] of [
        [found, body.found],
        [mended, body.mended],
      ] as const) {
        for (const [kind, count] of Object.entries<number>(part))
          if (count > 0) sums[kind] = (sums[kind] ?? 0) + count;
      }
      cursor = body.cursor ?? undefined;
    } while (cursor !== undefined);
    return { found, mended };
  }

  async function expectMended(drift: Record<string, number>): Promise<void> {
    expect(await check(false)).toEqual({ found: drift, mended: {} });
    expect(await check(true)).toEqual({ found: drift, mended: drift });
    await settled();
    expect(await check(false)).toEqual({ found: {}, mended: {} });
    for (const at of [0, 5, 11]) {
      const search = { query: TEXTS[at], limit: 1 };
      expect(await notes.texts({ ...search, mode: 'vector' })).toEqual([TEXTS[at]]);
      expect(await notes.texts({ ...search, mode: 'text' })).toEqual([TEXTS[at]]);
    }
  }

  it('is none at first', async () => {
    expect(await check(false)).toEqual({ found: {}, mended: {} });
  });

  it('of memories without a vector is mended by embedding them', async () => {
    const [first, second] = notes.ids;
    await sql(`delete from ${tables.vectors} where memory_id in ($1, $2)`, [first, second]);
    await settled();
    await expectMended({ memories_without_vector: 2 });
  });

  it('of memories without words is mended, their counts too', async () => {
    await sql(`delete from ${tables.words} where memory_id = $1`, [notes.ids[0]]);
    await settled();
    expect((await check(false)).found).toMatchObject({
      memories_without_words: 1,
      collections_miscounted: 1,
    });
    await check(true);
    await settled();
    expect(await check(false)).toEqual({ found: {}, mended: {} });
    expect(await notes.texts({ query: TEXTS[0], mode: 'text', limit: 1 })).toEqual([TEXTS[0]]);
  });

  it.each([
    ['documents', `update collection_stats set documents = documents + 1`],
    ['lengths', `update collection_stats set total_length = 0`],
    ['terms', `delete from term_stats`],
  ])('of statistics is mended by counting anew: %s', async (_, change) => {
    const scores = async () =>
      (await notes.search({ query: 'tide 7', mode: 'text', limit: 3 })).map(({ id, score }) => [
        id,
        score,
      ]);
    const before = await scores();
    await sql(`${change} where collection_id = (select id from collections where name = $1)`, [
      notes.name,
    ]);
    await expectMended({ collections_miscounted: 1 });
    expect(await scores()).toEqual(before);
  });

  it('is none after a reindex has filled the empty tables of another store', async () => {
    const of = `collection_id = (select id from collections where name = $1)`;
    const statistics = async () => ({
      collection: await sql(
        `select documents, total_length, average_length from collection_stats where ${of}`,
        [notes.name],
      ),
      terms: await sql(`select term, documents from term_stats where ${of} order by term`, [
        notes.name,
      ]),
    });
    const before = await statistics();
    expect(before.collection).toMatchObject([{ documents: String(TEXTS.length) }]);
    // Statistics belong to no store: they stay where its vectors and words do not come along.
    for (const table of [tables.vectors, tables.words])
      await sql(`delete from ${table} where ${of}`, [notes.name]);
    await settled();
    const { body } = await reindex(app, notes.name);
    expect(await ended(app, body.job_id)).toMatchObject({ status: 'success' });
    await settled();
    expect(await statistics()).toEqual(before);
    expect(await check(true)).toEqual({ found: {}, mended: {} });
  });

  it('of vectors in a space that the collection does not use is mended by removing them', async () => {
    await sql(
      `with space as (insert into embedding_spaces (model, dimensions) values ($1, 256) returning id)
       insert into ${tables.vectors} (space_id, collection_id, memory_id, embedding)
       select (select id from space), collection_id, memory_id, embedding from ${tables.vectors}
       where memory_id = $2`,
      [`unused-${randomUUID()}`, notes.ids[0]],
    );
    await settled();
    await expectMended({ vectors_of_no_use: 1 });
  });

  it('of points that were deleted behind its back is mended from the rows', async () => {
    if (!qdrant) return;
    const space = (await qdrant.spaces.all())[0]!.space_id;
    await qdrant.store.delete(qdrant.spaces.alias(space), notes.ids.slice(0, 3));
    await expectMended({ rows_without_point: 3 });
  });

  it('of points without rows, or of another state of them, is mended', async () => {
    if (!qdrant) return;
    const { space_id: space, live } = (await qdrant.spaces.all())[0]!;
    const name = qdrant.spaces.collection(space, live);
    const vector = { dense: Array.from({ length: 256 }, () => 0.0625), words: emptyWords() };
    const payload = { tenant_id: randomUUID(), collection_id: randomUUID(), digest: 'old' };
    await qdrant.store.upsert(name, [
      { id: randomUUID(), vector, payload },
      { id: notes.ids[4]!, vector, payload },
    ]);
    await expectMended({ points_without_row: 1, points_out_of_date: 1 });
  });

  it('of a collection that a rebuild left behind is mended by deleting it', async () => {
    if (!qdrant) return;
    const path = '/v1/memory/admin/index';
    const key = app.operatorKey;
    const rebuilt = await app.request('POST', `${path}/rebuild`, { key });
    expect(rebuilt).toMatchObject({ status: 202, body: { kind: 'qdrant', rebuilding: true } });
    const state = await eventually('the end of the rebuild', async () => {
      const { body } = await app.request('GET', path, { key });
      return body.rebuilding ? undefined : body;
    });
    const [space] = state.spaces.filter((one: { version: number | null }) => one.version !== null);
    expect(space).toMatchObject({ version: 2, building: null, vectors: TEXTS.length, left: 0 });
    await qdrant.store.createCollection(qdrant.spaces.collection(space.id, 1), 256);
    await expectMended({ dead_collections: 1 });
  });

  it('whose model is not configured is told and left', async () => {
    const other = await searchable(app, ['Something else']);
    await sql(
      `with space as (insert into embedding_spaces (model, dimensions) values ($2, 8) returning id)
       update collections set space_id = (select id from space) where name = $1`,
      [other.name, `elsewhere-${randomUUID()}`],
    );
    await settled();
    const { found, mended } = await check(true);
    expect(found).toMatchObject({ memories_without_vector: 1 });
    expect(mended).not.toHaveProperty('memories_without_vector');
    await sql(`delete from collections where name = $1`, [other.name]);
  });

  it('shows what waits for the index and refuses a wrong cursor', async () => {
    const key = app.operatorKey;
    const { body } = await app.request('GET', '/v1/memory/admin/index', { key });
    expect(body).toMatchObject({
      kind: qdrant ? 'qdrant' : 'pgvector',
      rebuilding: false,
      last_error: null,
      outbox: { marks: expect.any(Number), refused: 0, errors: [] },
    });
    const wrong = await app.request('POST', '/v1/memory/admin/index/check', {
      key,
      body: { cursor: 'nonsense' },
    });
    expect(wrong.body.code).toBe('bad_cursor');
  });
});

function emptyWords(): { indices: number[]; values: number[] } {
  return { indices: [], values: [] };
}
