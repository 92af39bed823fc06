import type { Database } from '../../../src/database/database.js';
import {
  candidateStatement,
  readCandidates,
  type CandidateRow,
  type FoundCandidate,
} from '../../../src/indexing/pgvector/candidate-statement.js';
import type { IndexQuery } from '../../../src/indexing/vector-index.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

const ROWS = 3_000;
const DEPTH = 20;
/** Of the pages of a table of some 40; the smallest one reads none as a rule. */
const SAMPLES = [0.001, 10, 50, 100];

/** A scan that sorts only what lies within the bound of a sample. */
describeOnEachDatabase('A sampled scan of all vectors', (open) => {
  let database: Database;
  let tables: IndexTables;
  let collection: string;
  let ids: string[];

  beforeAll(async () => {
    database = await open();
    tables = await IndexTables.create(database);
    collection = await tables.addCollection();
    ids = await fill(tables, collection, (at) => direction(at));
    // Of another length, which must never be compared with the query.
    const others = await IndexTables.create(database, 4);
    await fill(others, await others.addCollection(), () => Float32Array.of(1, 0, 0, 0));
  });

  async function fill(
    into: IndexTables,
    collectionId: string,
    embedding: (at: number) => Float32Array,
  ): Promise<string[]> {
    const { index } = pgvectorParts(database);
    const rows = await into.addRows(collectionId, ROWS);
    for (let from = 0; from < ROWS; from += 500) {
      const entries = rows.slice(from, from + 500).map((memoryId, at) => ({
        ...{ memoryId, collectionId, spaceId: into.space.id, words: 'note' },
        embedding: embedding(from + at),
      }));
      await database.inTenant(into.tenant, (tx) => index.write(tx, entries));
    }
    return rows;
  }

  function scan(sample: number | null, asked: Partial<IndexQuery> = {}): Promise<FoundCandidate[]> {
    const query: IndexQuery = {
      ...{ tenant: tables.tenant, space: tables.space, collectionIds: [collection] },
      ...{ mode: 'vector', embedding: direction(0), text: '', depth: DEPTH, minCosine: -1 },
      ...{ filter: {} },
      ...asked,
    };
    const { text, values } = candidateStatement(query, null, { kind: 'table', sample });
    return database.inTenant(tables.tenant, async (tx) => {
      const found = readCandidates(await tx.query<CandidateRow[]>(text, values));
      return found.sort((a, b) => a.distance! - b.distance!);
    });
  }

  it.each(SAMPLES)('of %d %% finds what a scan without one does', async (sample) => {
    for (let at = 0; at < ROWS; at += 211) {
      const asked = { embedding: direction(at) };
      expect(await scan(sample, asked)).toEqual(await scan(null, asked));
    }
  });

  it('finds as many where those that it left out were the best', async () => {
    const best = (await scan(null)).map(({ memoryId }) => memoryId);
    const asked = { filter: { excludeIds: best } };
    const found = await scan(100, asked);
    expect(found).toHaveLength(DEPTH);
    expect(found).toEqual(await scan(null, asked));
  });

  it('finds all where there are fewer than it is asked for', async () => {
    const few = await tables.addCollection();
    const { index } = pgvectorParts(database);
    await database.inTenant(tables.tenant, (tx) => index.move(tx, ids.slice(0, 7), few));
    try {
      expect(await scan(100, { collectionIds: [few] })).toHaveLength(7);
    } finally {
      await database.inTenant(tables.tenant, (tx) => index.move(tx, ids.slice(0, 7), collection));
    }
  });
});

/** Unit vectors, no two of which are alike, spread over the sphere by the golden angle. */
function direction(at: number): Float32Array {
  const height = 1 - (2 * at + 1) / ROWS;
  const radius = Math.sqrt(1 - height * height);
  const angle = at * Math.PI * (3 - Math.sqrt(5));
  return Float32Array.of(radius * Math.cos(angle), radius * Math.sin(angle), height);
}
