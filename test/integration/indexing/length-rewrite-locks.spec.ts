import { jest } from '@jest/globals';
import type { Database } from '../../../src/database/database.js';
import { databases } from '../../support/database-fixtures.js';
import { Gate } from '../../support/eventually.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

const LONG = 'cherry database engine forest garden harbour island jungle kettle';

// PGlite has one session, so nobody waits for a row.
const server = databases().find(({ name }) => name === 'postgresql');

(server ? describe : describe.skip)('A rewrite of word weights beside others', () => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof pgvectorParts>;
  let collection: string;
  let memories: string[];

  beforeAll(async () => {
    database = await server!.open();
    tables = await IndexTables.create(database);
  });
  beforeEach(async () => {
    parts = pgvectorParts(database);
    collection = await tables.addCollection();
    await write('apple banana', 2);
    memories = await write(LONG, 8);
  });

  async function write(words: string, count: number): Promise<string[]> {
    const ids = await tables.addRows(collection, count);
    await database.inTenant(tables.tenant, (tx) =>
      parts.index.writeWords(
        tx,
        ids.map((memoryId) => ({ memoryId, collectionId: collection, words })),
      ),
    );
    await parts.folder.foldAll();
    return ids;
  }

  function averages(): Promise<{ average: number; rows: number }[]> {
    return database.asSystem((tx) =>
      tx.query(
        `select average_length as average, count(*)::int as rows from words
         where collection_id = $1 group by 1 order by 1`,
        [collection],
      ),
    );
  }

  it('gives way to a write that holds some of the rows, and goes on after it', async () => {
    const held = new Gate();
    const writing = database.inTenant(tables.tenant, async (tx) => {
      await parts.index.remove(tx, memories.slice(0, 1));
      await held.pass();
    });
    await held.reached;
    const pauses = jest.spyOn(parts.clock, 'sleep').mockImplementation(async () => {
      held.open();
      await writing;
    });
    await parts.lengths.rewriteDrifted();
    expect(pauses).toHaveBeenCalledTimes(1);
    expect(await averages()).toEqual([
      { average: expect.closeTo((2 * 2 + 8 * 9) / 10, 4), rows: 9 },
    ]);
  });

  it('has other collections wait for a row that is held for long no longer than some seconds', async () => {
    const held = new Gate();
    const writing = database.inTenant(tables.tenant, async (tx) => {
      await parts.index.remove(tx, memories.slice(0, 1));
      await held.pass();
    });
    await held.reached;
    const pauses = jest.spyOn(parts.clock, 'sleep').mockResolvedValue();
    await parts.lengths.rewriteDrifted();
    expect(pauses).toHaveBeenCalledTimes(20);
    expect(await averages()).toEqual([{ average: 2, rows: 10 }]);
    held.open();
    await writing;
    await parts.folder.foldAll();
    await parts.lengths.rewriteDrifted();
    expect(await averages()).toEqual([{ average: expect.closeTo(67 / 9, 4), rows: 9 }]);
  });

  it('leaves a collection to the process that is at it', async () => {
    const held = new Gate();
    const elsewhere = database.asSystem(async (tx) => {
      await parts.statistics.beginRewrite(tx, collection);
      await held.pass();
    });
    await held.reached;
    await parts.lengths.rewriteDrifted();
    expect(await averages()).toEqual([{ average: 2, rows: 10 }]);
    held.open();
    await elsewhere;
    await parts.lengths.rewriteDrifted();
    expect(await averages()).toEqual([{ average: expect.closeTo(7.6, 4), rows: 10 }]);
  });
});
