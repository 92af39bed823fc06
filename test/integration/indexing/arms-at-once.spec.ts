import type { Database } from '../../../src/database/database.js';
import type { FoundCandidate } from '../../../src/indexing/pgvector/candidate-statement.js';
import { wordsQuery } from '../../../src/indexing/pgvector/words-query.js';
import { searchSettings } from '../../../src/indexing/pgvector/search-settings.js';
import { queryTerms } from '../../../src/indexing/terms/sparse-encoder.js';
import type { IndexQuery } from '../../../src/indexing/vector-index.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

const ROWS = 400;
const DEPTH = 25;
const WORDS = 'apple banana cherry forest garden harbour island jungle kettle ladder'.split(' ');
const FEW = 1_000;
const MANY = 50_000;

/** The same rows, told to be few or many: many are read by two connections at once. */
describeOnEachDatabase('The two arms of a search', (open) => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof pgvectorParts>;
  let collection: string;

  beforeAll(async () => {
    database = await open();
    parts = pgvectorParts(database);
    tables = await IndexTables.create(database);
    collection = await tables.addCollection();
    const ids = await tables.addRows(collection, ROWS);
    const entries = ids.map((memoryId, at) => ({
      ...{ memoryId, collectionId: collection, spaceId: tables.space.id },
      ...{ words: text(at), embedding: direction(at) },
    }));
    await database.inTenant(tables.tenant, (tx) => parts.index.write(tx, entries));
  });
  afterEach(() => jest.restoreAllMocks());

  function find(documents: number, asked: Partial<IndexQuery>): Promise<FoundCandidate[]> {
    const query: IndexQuery = {
      ...{ tenant: tables.tenant, space: tables.space, collectionIds: [collection] },
      ...{ mode: 'hybrid', embedding: direction(0), text: text(0), depth: DEPTH, minCosine: -1 },
      ...{ filter: {} },
      ...asked,
    };
    const terms = queryTerms(query.text);
    const ids = terms.map(({ id }) => id);
    const settings = searchSettings(query, database.mode);
    return database.inTenant(tables.tenant, async (tx) => {
      const statistics = await parts.statistics.read(tx, [collection], ids, settings);
      const words = wordsQuery(terms, [collection], statistics, DEPTH);
      const found = await parts.finder.find(tx, query, words, documents);
      return found.sort((a, b) => (a.memoryId < b.memoryId ? -1 : 1));
    });
  }

  it('find at once what they find one after the other', async () => {
    const beside = jest.spyOn(database, 'beside');
    for (let at = 0; at < ROWS; at += 37) {
      const asked = { embedding: direction(at), text: text(7 * at) };
      const found = await find(FEW, asked);
      expect(found.length).toBeGreaterThan(DEPTH);
      expect(await find(MANY, asked)).toEqual(found);
    }
    const times = database.mode === 'server' ? Math.ceil(ROWS / 37) : 0;
    expect(beside.mock.results.filter(({ value }) => value !== undefined)).toHaveLength(times);
  });

  it.each([
    ['that have no words', { text: '' }],
    ['that have no vector', { embedding: null }],
    ['that leave rows out', { filter: { category: 'other' } }],
  ])('are one statement for queries %s', async (_, asked) => {
    const beside = jest.spyOn(database, 'beside');
    const found = await find(FEW, asked);
    expect(found.length).toBeGreaterThanOrEqual(DEPTH);
    expect(await find(MANY, asked)).toEqual(found);
    expect(beside).not.toHaveBeenCalled();
  });

  it('follow each other where the second connection is refused', async () => {
    const found = await find(FEW, {});
    const refused = new Error('too many clients');
    const beside = jest.spyOn(database, 'beside').mockImplementation(() => Promise.reject(refused));
    expect(await find(MANY, {})).toEqual(found);
    expect(beside).toHaveBeenCalledTimes(database.mode === 'server' ? 1 : 0);
  });
});

/** Two words each; every tenth text has the same two. */
function text(at: number): string {
  return `${WORDS[at % WORDS.length]} ${WORDS[Math.floor(at / 10) % WORDS.length]}`;
}

/** Unit vectors, no two of which are alike. */
function direction(at: number): Float32Array {
  const height = 1 - (2 * at + 1) / (2 * ROWS);
  const radius = Math.sqrt(1 - height * height);
  const angle = at * Math.PI * (3 - Math.sqrt(5));
  return Float32Array.of(radius * Math.cos(angle), radius * Math.sin(angle), height);
}
