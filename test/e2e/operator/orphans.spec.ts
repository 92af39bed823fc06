import { randomUUID } from 'node:crypto';
import { QDRANT, type QdrantParts } from '../../../src/indexing/qdrant/qdrant-parts.js';
import { StatsFolder } from '../../../src/indexing/statistics/stats-folder.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { describeOnEachStore, type TestStore } from '../../support/store-fixtures.js';
import { searchable, type SearchableCollection } from '../search/search-fixture.js';

const TEXTS = Array.from({ length: 8 }, (_, n) => `Note ${n} about tide table number ${n}`);

/** What a memory leaves that is deleted without triggers and foreign keys. */
describeOnEachStore('vectors and words whose memory is gone', (open) => {
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
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    notes = await searchable(app, TEXTS);
    await settled();
  });

  const sql = <Row>(text: string, values: unknown[] = []) =>
    store.database.asSystem((tx) => tx.query<Row[]>(text, values));

  const behindTheBack = (text: string, values: unknown[] = []) =>
    store.database.asSystem(async (tx) => {
      await tx.query('set local session_replication_role = replica');
      await tx.query(text, values);
    });

  /** Until all marks are applied and all counts folded. */
  async function settled(): Promise<void> {
    await app.nest.get(StatsFolder, { strict: false }).foldAll();
    if (!qdrant) return;
    await eventually('an empty outbox', async () => {
      const rows = await sql('select from outbox limit 1');
      return rows.length === 0 || undefined;
    });
  }

  async function check(repair: boolean): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    let cursor: string | undefined;
    do {
      const { status, body } = await app.request('POST', '/v1/memory/admin/index/check', {
        key: app.operatorKey,
        body: { repair, cursor },
      });
      expect(status).toBe(200);
      if (repair) expect(body.mended).toEqual(body.found);
      for (const [kind, count] of Object.entries<number>(body.found))
        if (count > 0) found[kind] = (found[kind] ?? 0) + count;
      cursor = body.cursor ?? undefined;
    } while (cursor !== undefined);
    return found;
  }

  /** Rows that a dump of this database would fail to restore. */
  async function orphans(): Promise<string[]> {
    const left: string[] = [];
    for (const table of Object.values(tables)) {
      const rows = await sql<{ id: string }>(
        `select memory_id as id from ${table}
         where memory_id not in (select id from memories) order by 1`,
      );
      left.push(...rows.map(() => table));
    }
    return left;
  }

  async function points(ids: string[]): Promise<number> {
    const space = (await qdrant!.spaces.all())[0]!.space_id;
    return (await qdrant!.store.retrieve(qdrant!.spaces.alias(space), ids)).length;
  }

  it('are found and removed, with their counts and their points', async () => {
    const gone = notes.ids.slice(0, 3);
    await behindTheBack('delete from memories where id = any($1::uuid[])', [gone]);
    await behindTheBack(`delete from ${tables.words} where memory_id = $1`, [gone[0]]);
    await behindTheBack(`delete from ${tables.vectors} where memory_id = $1`, [gone[1]]);
    expect(await check(false)).toEqual({
      collections_miscounted: 1,
      ...(qdrant && { points_without_row: 3 }),
    });
    expect(await orphans()).toHaveLength(4);
    await check(true);
    await settled();
    expect(await orphans()).toEqual([]);
    if (qdrant) expect(await points(gone)).toBe(0);
    expect(await check(false)).toEqual({});
    const [counted] = await sql<{ documents: number }>(
      `select documents::int from collection_stats s join collections c on c.id = s.collection_id
       where c.name = $1`,
      [notes.name],
    );
    expect(counted).toEqual({ documents: TEXTS.length - gone.length });
    for (const mode of ['vector', 'text'])
      expect(await notes.texts({ query: TEXTS[5], limit: 1, mode })).toEqual([TEXTS[5]]);
  });

  it('are found where the counts add up nevertheless', async () => {
    // Rows of an older dump, restored alone.
    const [id, other] = notes.ids;
    await behindTheBack(
      `insert into ${tables.vectors} (space_id, collection_id, memory_id, embedding)
       select space_id, collection_id, $2, embedding from ${tables.vectors} where memory_id = $1`,
      [id, randomUUID()],
    );
    await behindTheBack(`update ${tables.words} set memory_id = $2 where memory_id = $1`, [
      other,
      randomUUID(),
    ]);
    expect(await check(false)).toEqual({
      collections_miscounted: 1,
      memories_without_words: 1,
      ...(qdrant && { points_out_of_date: 1 }),
    });
    expect(await orphans()).toEqual([tables.vectors, tables.words]);
    await check(true);
    await settled();
    expect(await orphans()).toEqual([]);
    expect(await check(false)).toEqual({});
  });

  it('are found where their collection is gone as well', async () => {
    const other = await searchable(app, TEXTS);
    await settled();
    const [{ id: gone } = { id: '' }] = await sql<{ id: string }>(
      'select id from collections where name = $1',
      [notes.name],
    );
    for (const table of ['memories', 'collections']) {
      const key = table === 'memories' ? 'collection_id' : 'id';
      await behindTheBack(`delete from ${table} where ${key} = $1`, [gone]);
    }
    await behindTheBack(`delete from ${tables.words} where memory_id = $1`, [notes.ids[0]]);
    expect(await check(false)).toEqual({
      collections_miscounted: 1,
      ...(qdrant && { points_without_row: TEXTS.length }),
    });
    expect(await orphans()).toHaveLength(2 * TEXTS.length - 1);
    expect((await check(true))['collections_miscounted']).toBe(1);
    await settled();
    expect(await orphans()).toEqual([]);
    // A dump that has them cannot be restored either.
    for (const table of ['collection_stats', 'term_stats', 'term_deltas'])
      expect(await sql(`select from ${table} where collection_id = $1`, [gone])).toEqual([]);
    if (qdrant) expect(await points(notes.ids)).toBe(0);
    expect(await check(false)).toEqual({});
    expect(await other.texts({ query: TEXTS[5], limit: 1, mode: 'text' })).toEqual([TEXTS[5]]);
  });

  it('leave a point that is found where its vector is left too', async () => {
    if (!qdrant) return;
    const [id] = notes.ids;
    const space = (await qdrant.spaces.all())[0]!.space_id;
    await behindTheBack('delete from memories where id = $1', [id]);
    const page = await qdrant.check.points(space, null);
    expect(page.found).toEqual([id]);
    await check(true);
    await settled();
    expect(await points([id!])).toBe(0);
  });
});
