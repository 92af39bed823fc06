import type { Database } from '../../../src/database/database.js';
import type { DenseScan } from '../../../src/indexing/pgvector/dense-plan.js';
import { EXACT_ROWS } from '../../../src/indexing/pgvector/hnsw-indexes.js';
import { candidateStatement } from '../../../src/indexing/pgvector/candidate-statement.js';
import { searchSettings } from '../../../src/indexing/pgvector/search-settings.js';
import type { Candidate, IndexQuery, MemoryFilter } from '../../../src/indexing/vector-index.js';
import { databases } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

const DIMENSIONS = 8;
const ROWS = EXACT_ROWS + 10_000;

const postgresql = databases().find(({ name }) => name === 'postgresql');
const block = postgresql ? describe : describe.skip;

block(`The HNSW index${postgresql ? '' : ' (skipped: no PostgreSQL with pgvector)'}`, () => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof pgvectorParts>;
  let large: string;
  let small: string;

  beforeAll(async () => {
    database = await postgresql!.open();
    parts = pgvectorParts(database);
    tables = await IndexTables.create(database, DIMENSIONS);
    large = await tables.addCollection();
    small = await tables.addCollection();
    await fill(large, ROWS);
    await fill(small, 500);
    await database.maintain('analyze');
    await parts.index.ensureSpace(tables.space);
  });

  /** Random unit vectors; four of five memories are facts, one of a hundred is an episode. */
  async function fill(collection: string, rows: number): Promise<void> {
    const ids = await tables.addRows(collection, rows);
    await database.asSystem(async (tx) => {
      await tx.query(
        `insert into vectors (space_id, collection_id, memory_id, embedding)
         select $1, $2, id, l2_normalize(array[${Array(DIMENSIONS)
           .fill('random() - 0.5')
           .join(', ')}]::real[]::vector)
         from unnest($3::uuid[]) as id`,
        [tables.space.id, collection, ids],
      );
      await tx.query(
        `update memories m set category = case when n % 100 = 0 then 'episode'
           when n % 5 > 0 then 'fact' else 'other' end
         from unnest($1::uuid[]) with ordinality as u(id, n) where m.id = u.id`,
        [ids],
      );
      await tx.query(`insert into collection_stats (collection_id, documents) values ($1, $2)`, [
        collection,
        rows,
      ]);
    });
  }

  async function hasIndex(): Promise<boolean> {
    const [row] = await database.asSystem((tx) =>
      tx.query<{ there: boolean }[]>(`select to_regclass($1) is not null as there`, [
        `vectors_hnsw_${tables.space.id}`,
      ]),
    );
    return row!.there;
  }

  const query = Float32Array.from({ length: DIMENSIONS }, (_, at) => (at === 0 ? 1 : 0));

  const vectorQuery = (collectionIds: string[], filter: MemoryFilter): IndexQuery => ({
    tenant: tables.tenant,
    space: tables.space,
    collectionIds,
    mode: 'vector',
    embedding: query,
    text: '',
    depth: 200,
    minCosine: -1,
    filter,
  });

  function search(collections: string[], filter: MemoryFilter = {}): Promise<Candidate[]> {
    return database.inTenant(tables.tenant, async (tx) => {
      const list = await parts.index.candidates(
        (work) => work(tx),
        vectorQuery(collections, filter),
      );
      return [...list.candidates];
    });
  }

  /** Best 200 ids by a plain scan. */
  async function exact(collections: string[], category?: string): Promise<Set<string>> {
    const rows = await database.asSystem((tx) =>
      tx.query<{ id: string }[]>(
        `select v.memory_id as id from vectors v join memories m on m.id = v.memory_id
         where v.collection_id = any($1::uuid[]) and ($2::text is null or m.category = $2)
         order by (v.embedding <#> $3::vector) + 0 limit 200`,
        [collections, category ?? null, JSON.stringify([...query])],
      ),
    );
    return new Set(rows.map(({ id }) => id));
  }

  async function recall(collections: string[], category?: string): Promise<number> {
    const found = await search(collections, category === undefined ? {} : { category });
    const wanted = await exact(collections, category);
    expect(new Set(found.map(({ memoryId }) => memoryId)).size).toBe(found.length);
    expect(found).toHaveLength(wanted.size);
    return found.filter(({ memoryId }) => wanted.has(memoryId)).length / wanted.size;
  }

  function plan(): Promise<DenseScan> {
    return database.inTenant(tables.tenant, (tx) =>
      parts.densePlan.choose(tx, vectorQuery([large], {}), ROWS),
    );
  }

  it('is built once a space has outgrown exact scans and stands still', async () => {
    expect(await recall([large])).toBe(1);
    await parts.hnsw.buildMissing();
    expect(await hasIndex()).toBe(false);
    expect(await plan()).toEqual({ kind: 'collections' });
    await parts.hnsw.buildMissing();
    expect(await hasIndex()).toBe(true);
    // What was believed about the index is believed for ten seconds.
    parts.clock.advance(10_001);
    expect(await plan()).toEqual({ kind: 'hnsw', type: `vector(${DIMENSIONS})` });
  });

  it('finds nearly what an exact scan finds', async () => {
    expect(await recall([large])).toBeGreaterThan(0.95);
    expect(await recall([large, small])).toBeGreaterThan(0.95);
  });

  it('answers a filter in full', async () => {
    expect(await recall([large], 'fact')).toBeGreaterThan(0.95);
  });

  it('leaves small scopes and narrow filters to the exact scan', async () => {
    expect(await recall([small])).toBe(1);
    expect(await recall([large], 'episode')).toBe(1);
  });

  it('is taken by the planner, with a scan that goes on until it has found enough', async () => {
    const asked = vectorQuery([large], {});
    const { text, values } = candidateStatement(asked, null, {
      kind: 'hnsw',
      type: `vector(${DIMENSIONS})`,
    });
    const plan = await database.inTenant(tables.tenant, async (tx) => {
      await parts.statistics.read(tx, [large], [], searchSettings(asked, 'server'));
      const [setting] = await tx.query(`show hnsw.iterative_scan`);
      expect(setting).toEqual({ 'hnsw.iterative_scan': 'relaxed_order' });
      return tx.query<{ 'QUERY PLAN': string }[]>(`explain ${text}`, values);
    });
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain(
      `Index Scan using vectors_hnsw_${tables.space.id}`,
    );
  });

  it('keeps up with later writes', async () => {
    const [id] = await tables.addRows(large, 1);
    await database.inTenant(tables.tenant, (tx) =>
      parts.index.write(tx, [
        {
          memoryId: id!,
          collectionId: large,
          spaceId: tables.space.id,
          embedding: query,
          words: 'quokka',
        },
      ]),
    );
    const [best] = await search([large]);
    expect(best).toMatchObject({ memoryId: id, cosine: expect.closeTo(1, 5) });
    await database.inTenant(tables.tenant, (tx) => parts.index.remove(tx, [id!]));
    expect((await search([large])).some(({ memoryId }) => memoryId === id)).toBe(false);
  });

  it('is not built twice', async () => {
    const build = jest.spyOn(database, 'maintain');
    await parts.hnsw.buildMissing();
    await parts.hnsw.buildMissing();
    expect(build).not.toHaveBeenCalled();
    build.mockRestore();
  });
});
