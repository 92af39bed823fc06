import type { Database } from '../../../src/database/database.js';
import { analyse, weigh } from '../../../src/indexing/terms/sparse-encoder.js';
import { fromSparsevec } from '../../../src/indexing/terms/sparsevec.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

const SHORT = 'apple banana';
const LONG = 'cherry database engine forest garden harbour island jungle kettle cherry cherry';

describeOnEachDatabase('The rewrite of word weights', (open) => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof pgvectorParts>;

  beforeAll(async () => {
    database = await open();
    parts = pgvectorParts(database);
    tables = await IndexTables.create(database);
  });

  async function write(collection: string, words: string, count: number): Promise<void> {
    const ids = await tables.addRows(collection, count);
    await database.inTenant(tables.tenant, (tx) =>
      parts.index.writeWords(
        tx,
        ids.map((memoryId) => ({ memoryId, collectionId: collection, words })),
      ),
    );
    await parts.folder.foldAll();
  }

  function stored(collection: string): Promise<{ average: number; weights: string }[]> {
    return database.asSystem((tx) =>
      tx.query(
        `select average_length as average, weights::text as weights from words
         where collection_id = $1`,
        [collection],
      ),
    );
  }

  async function frozenAverage(collection: string): Promise<number> {
    const [row] = await database.asSystem((tx) =>
      tx.query<{ average: number }[]>(
        `select average_length as average from collection_stats where collection_id = $1`,
        [collection],
      ),
    );
    return row!.average;
  }

  /** 10 texts of 2 words, then 60 of 11: the average goes from 2 to 9.7. */
  async function drifted(): Promise<{ collection: string; average: number }> {
    const collection = await tables.addCollection();
    await write(collection, SHORT, 10);
    await write(collection, LONG, 60);
    return { collection, average: (10 * 2 + 60 * 11) / 70 };
  }

  async function expectRewritten(collection: string, average: number): Promise<void> {
    expect(await frozenAverage(collection)).toBeCloseTo(average, 4);
    const expected = [SHORT, LONG].map((text) => weigh(analyse(text), average));
    const rows = await stored(collection);
    expect(rows).toHaveLength(70);
    for (const row of rows) {
      expect(row.average).toBeCloseTo(average, 4);
      const { weights } = fromSparsevec(row.weights);
      const wanted = expected.find((one) => one.length === weights.length)!;
      weights.forEach((weight, at) => expect(weight).toBeCloseTo(wanted[at]!, 4));
    }
  }

  it('gives every text the weights of the true average, as if written with it', async () => {
    const { collection, average } = await drifted();
    expect(await frozenAverage(collection)).toBe(2);
    await parts.lengths.rewriteDrifted();
    await expectRewritten(collection, average);
  });

  it('has nothing left to do afterwards', async () => {
    const { collection } = await drifted();
    await parts.lengths.rewriteDrifted();
    const before = await versions(collection);
    await parts.lengths.rewriteDrifted();
    expect(await versions(collection)).toEqual(before);
  });

  it('leaves a small drift alone', async () => {
    const collection = await tables.addCollection();
    await write(collection, SHORT, 10);
    await write(collection, 'apple banana cherry', 5);
    const before = await versions(collection);
    await parts.lengths.rewriteDrifted();
    expect(await versions(collection)).toEqual(before);
    expect(await frozenAverage(collection)).toBe(2);
  });

  it('goes on where it was stopped, and keeps the old average until it is done', async () => {
    const { collection, average } = await drifted();
    const stop = new AbortController();
    const rewritten = jest.spyOn(parts.rows, 'updateWeights').mockImplementationOnce(() => {
      throw new Error('killed');
    });
    try {
      await expect(parts.lengths.rewriteDrifted()).rejects.toThrow('killed');
      expect(await frozenAverage(collection)).toBe(2);
      stop.abort();
      await parts.lengths.rewriteDrifted(stop.signal);
      expect(await frozenAverage(collection)).toBe(2);
      await parts.lengths.rewriteDrifted();
    } finally {
      rewritten.mockRestore();
    }
    await expectRewritten(collection, average);
  });

  it('weighs new texts for the new average', async () => {
    const { collection, average } = await drifted();
    await parts.lengths.rewriteDrifted();
    await write(collection, 'quokka', 1);
    const rows = await stored(collection);
    expect(rows).toHaveLength(71);
    for (const row of rows) expect(row.average).toBeCloseTo(average, 4);
  });

  /** Which row versions there are: an update makes new ones. */
  function versions(collection: string): Promise<unknown[]> {
    return database.asSystem((tx) =>
      tx.query(
        `select memory_id, xmin::text as version from words where collection_id = $1
         order by memory_id`,
        [collection],
      ),
    );
  }
});
