import type { Database } from '../../../src/database/database.js';
import {
  candidateStatement,
  type AskedArms,
} from '../../../src/indexing/pgvector/candidate-statement.js';
import type { DenseScan } from '../../../src/indexing/pgvector/dense-plan.js';
import { searchSettings } from '../../../src/indexing/pgvector/search-settings.js';
import { wordsQuery } from '../../../src/indexing/pgvector/words-query.js';
import { queryTerms } from '../../../src/indexing/terms/sparse-encoder.js';
import type { IndexQuery } from '../../../src/indexing/vector-index.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

const VECTOR = Float32Array.of(1, 0, 0);

/**
 * How the planner runs a search hangs on settings and spellings that look as if they could be left
 * out, and with test data of a few rows nobody would notice.
 */
describeOnEachDatabase('The plan of a search', (open) => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof pgvectorParts>;
  let collections: string[];

  beforeAll(async () => {
    database = await open();
    parts = pgvectorParts(database);
    tables = await IndexTables.create(database);
    collections = [await tables.addCollection(), await tables.addCollection()];
    for (const collectionId of collections) {
      const ids = await tables.addRows(collectionId, 1500);
      for (let from = 0; from < ids.length; from += 500) {
        const entries = ids.slice(from, from + 500).map((memoryId, at) => ({
          memoryId,
          collectionId,
          spaceId: tables.space.id,
          embedding: VECTOR,
          words: `meeting notes of project${at}`,
        }));
        await database.inTenant(tables.tenant, (tx) => parts.index.write(tx, entries));
      }
    }
    await parts.folder.foldAll();
    await database.maintain('analyze');
  });

  async function plan(
    asked: Partial<IndexQuery>,
    scan: DenseScan = { kind: 'collections' },
    { costs = [], arms }: { costs?: readonly string[]; arms?: AskedArms } = {},
  ): Promise<string> {
    const query: IndexQuery = {
      tenant: tables.tenant,
      space: tables.space,
      collectionIds: collections.slice(0, 1),
      mode: 'hybrid',
      embedding: VECTOR,
      text: 'project7 meeting',
      depth: 200,
      minCosine: -1,
      filter: {},
      ...asked,
    };
    const terms = queryTerms(query.text);
    return database.inTenant(tables.tenant, async (tx) => {
      for (const name of costs) await tx.query(`set local ${name} = 0`);
      const statistics = await parts.statistics.read(
        tx,
        query.collectionIds,
        terms.map(({ id }) => id),
        searchSettings(query, database.mode),
      );
      const words = wordsQuery(terms, query.collectionIds, statistics, query.depth);
      const { text, values } = candidateStatement(query, words, scan, arms);
      const lines = await tx.query<{ 'QUERY PLAN': string }[]>(`explain ${text}`, values);
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    });
  }

  function chooseScan(documents: number, asked: Partial<IndexQuery>): Promise<DenseScan> {
    const query: IndexQuery = {
      tenant: tables.tenant,
      space: tables.space,
      collectionIds: collections,
      mode: 'hybrid',
      embedding: VECTOR,
      text: 'meeting',
      depth: 200,
      minCosine: -1,
      filter: {},
      ...asked,
    };
    return database.asSystem((tx) => parts.densePlan.choose(tx, query, documents));
  }

  it('reads words by their own index alone, and no table as a whole', async () => {
    for (const collectionIds of [collections.slice(0, 1), collections]) {
      const found = await plan({ collectionIds });
      expect(found).toContain('words_terms');
      expect(found).not.toContain('words_collection');
      expect(found).toContain('vectors_pkey');
      expect(found).not.toContain('Seq Scan');
    }
  });

  it('of one arm reads of the other one only what it lacks', async () => {
    const dense = await plan({}, undefined, { arms: 'dense' });
    expect(dense).toContain('vectors_pkey');
    expect(dense).not.toContain('words_terms');
    const words = await plan({}, undefined, { arms: 'words' });
    expect(words).toContain('words_terms');
    for (const found of [dense, words]) {
      expect(found).not.toContain('Seq Scan');
      expect(found.match(/CTE \w+_arm/g)).toHaveLength(1);
    }
  });

  it('starts no processes, which takes longer than a search of 1,000 memories', async () => {
    const costs = [
      'parallel_setup_cost',
      'parallel_tuple_cost',
      'min_parallel_table_scan_size',
      'min_parallel_index_scan_size',
    ];
    for (const arms of ['both', 'dense', 'words'] as const)
      expect(await plan({}, undefined, { costs, arms })).not.toContain('Gather');
  });

  it('reads all embedded vectors as they lie where most of them are asked for', async () => {
    const choose = async (documents: number, more: Partial<IndexQuery> = {}) =>
      (await chooseScan(documents, more)).kind;
    const [{ rows }] = await database.asSystem((tx) =>
      tx.query<[{ rows: number }]>(`select count(*)::int as rows from vectors`),
    );
    expect(await choose(rows)).toBe(database.mode === 'embedded' ? 'table' : 'collections');
    expect(await choose(rows, { filter: { category: 'fact' } })).toBe('collections');
    expect(await choose(rows, { visibleOnly: true })).toBe('collections');
    expect(await choose(rows, { embedding: null })).toBe('collections');
    const wide = { ...tables.space, dimensions: 3_000 };
    expect(await choose(rows, { space: wide })).toBe('collections');
    expect(await choose(Math.floor(rows / 20))).toBe('collections');
    if (database.mode === 'server') return;
    const found = await plan({ collectionIds: collections }, { kind: 'table', sample: null });
    expect(found).toContain('Seq Scan on vectors');
    expect(found).not.toContain('Seq Scan on words');
    expect(found).toContain('words_terms');
  });

  it('samples a large embedded table before it reads all of it', async () => {
    const sampleOf = async (documents: number, depth: number) => {
      const scan = await chooseScan(documents, { depth });
      return scan.kind === 'table' ? scan.sample : scan.kind;
    };
    const embedded = database.mode === 'embedded';
    expect(await sampleOf(39_999, 200)).toBe(embedded ? null : 'collections');
    if (!embedded) return;
    expect(await sampleOf(40_000, 200)).toBeCloseTo(5.48, 2);
    expect(await sampleOf(40_000, 400)).toBeNull();
    expect(await sampleOf(4_000_000, 200)).toBeCloseTo(0.55, 2);
    const found = await plan({ collectionIds: collections }, { kind: 'table', sample: 5 });
    expect(found).toContain('Sample Scan on vectors');
    expect(found).toContain('Seq Scan on vectors');
    expect(found).not.toContain('vectors_pkey');
  });

  it('is made anew for each filter', async () => {
    const setting = await database.inTenant(tables.tenant, async (tx) => {
      const settings = searchSettings(
        {
          tenant: tables.tenant,
          space: tables.space,
          collectionIds: collections,
          mode: 'text',
          embedding: null,
          text: 'meeting',
          depth: 200,
          minCosine: -1,
          filter: { category: 'fact' },
        },
        database.mode,
      );
      await parts.statistics.read(tx, collections, [], settings);
      const [row] = await tx.query(`show plan_cache_mode`);
      return row;
    });
    expect(setting).toEqual({ plan_cache_mode: 'force_custom_plan' });
  });

  it('leaves no setting behind for the next transaction', async () => {
    const settings = () =>
      database.asSystem((tx) =>
        tx.query(`select name, setting from pg_settings
          where name in ('enable_seqscan', 'plan_cache_mode', 'random_page_cost') order by name`),
      );
    const before = await settings();
    await plan({});
    expect(await settings()).toEqual(before);
  });
});
