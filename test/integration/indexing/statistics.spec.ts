import type { Database } from '../../../src/database/database.js';
import type { IndexEntry } from '../../../src/indexing/vector-index.js';
import { FOLD_WRITES } from '../../../src/indexing/statistics/stats-folder.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

const WORDS = 'apple banana cherry database engine forest garden harbour'.split(' ');

interface Counts {
  documents: number;
  totalLength: number;
  /** Documents by term id. */
  terms: Record<string, number>;
}

describeOnEachDatabase('Term statistics', (open) => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof pgvectorParts>;

  beforeAll(async () => {
    database = await open();
    parts = pgvectorParts(database);
    tables = await IndexTables.create(database);
  });

  const entry = (memoryId: string, collectionId: string, words: string): IndexEntry => ({
    memoryId,
    collectionId,
    words,
    spaceId: tables.space.id,
    embedding: Float32Array.of(1, 0, 0),
  });

  const write = (entries: IndexEntry[]): Promise<void> =>
    database.inTenant(tables.tenant, (tx) => parts.index.write(tx, entries));

  async function filled(count: number): Promise<{ collection: string; ids: string[] }> {
    const collection = await tables.addCollection();
    const ids = await tables.addRows(collection, count);
    await write(ids.map((id, at) => entry(id, collection, someWords(at))));
    return { collection, ids };
  }

  const someWords = (at: number): string =>
    WORDS.filter((_, bit) => (at + 1) & (1 << (bit % 5))).join(' ');

  /** As folded. */
  async function statistics(collection: string): Promise<Counts> {
    return database.asSystem(async (tx) => {
      const [sums] = await tx.query<{ documents: string; length: string }[]>(
        `select documents, total_length as length from collection_stats where collection_id = $1`,
        [collection],
      );
      const rows = await tx.query<{ term: number; documents: string }[]>(
        `select term, documents from term_stats where collection_id = $1 and documents <> 0`,
        [collection],
      );
      return {
        documents: Number(sums?.documents ?? 0),
        totalLength: Number(sums?.length ?? 0),
        terms: Object.fromEntries(rows.map((row) => [row.term, Number(row.documents)])),
      };
    });
  }

  /** From the rows themselves. */
  async function truth(collection: string): Promise<Counts> {
    return database.asSystem(async (tx) => {
      const rows = await tx.query<{ length: number; weights: string }[]>(
        `select length, weights::text as weights from words where collection_id = $1`,
        [collection],
      );
      const terms: Record<string, number> = {};
      for (const { weights } of rows) {
        for (const [, term] of weights.matchAll(/(\d+):/g)) {
          terms[term!] = (terms[term!] ?? 0) + 1;
        }
      }
      const totalLength = rows.reduce((sum, row) => sum + row.length, 0);
      return { documents: rows.length, totalLength, terms };
    });
  }

  async function expectExact(...collections: string[]): Promise<void> {
    await parts.folder.foldAll();
    for (const collection of collections) {
      expect(await statistics(collection)).toEqual(await truth(collection));
    }
  }

  it('follow replacing, removing and moving', async () => {
    const { collection, ids } = await filled(20);
    const other = await tables.addCollection();
    await expectExact(collection);
    await write([
      entry(ids[0]!, collection, 'garden harbour garden'),
      entry(ids[1]!, collection, ''),
    ]);
    await database.inTenant(tables.tenant, async (tx) => {
      await parts.index.remove(tx, ids.slice(2, 6));
      await parts.index.move(tx, ids.slice(6, 9), other);
      const moved = { memoryId: ids[9]!, collectionId: collection, words: 'engine' };
      await parts.index.writeWords(tx, [moved]);
    });
    await expectExact(collection, other);
    expect((await statistics(collection)).documents).toBe(13);
    expect((await statistics(other)).documents).toBe(3);
  });

  it('take nothing from a write that rolls back', async () => {
    const { collection, ids } = await filled(5);
    await expect(
      database.inTenant(tables.tenant, async (tx) => {
        await parts.index.write(tx, [entry(ids[0]!, collection, 'something else')]);
        throw new Error('later');
      }),
    ).rejects.toThrow('later');
    await expectExact(collection);
  });

  it('count each write once though a fold was cut off before its commit', async () => {
    const { collection } = await filled(10);
    await expect(
      database.asSystem(async (tx) => {
        expect(await parts.statistics.fold(tx, collection, 100)).toBe(1);
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect((await statistics(collection)).documents).toBe(0);
    await expectExact(collection);
  });

  it('find what another process left, and fold it away', async () => {
    const { collection } = await filled(10);
    await pgvectorParts(database).folder.foldAll();
    expect(await statistics(collection)).toEqual(await truth(collection));
    const [left] = await database.asSystem((tx) =>
      tx.query<{ rows: string }[]>(
        `select count(*) as rows from term_deltas where collection_id = $1`,
        [collection],
      ),
    );
    expect(Number(left!.rows)).toBe(0);
  });

  it('are exact after many writers, folders and searches at once', async () => {
    const first = await tables.addCollection();
    const second = await tables.addCollection();
    const others = pgvectorParts(database);
    const ids = [await tables.addRows(first, 60), await tables.addRows(second, 60)] as const;
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      const mine = (list: readonly string[]) => list.slice(writer * 5, writer * 5 + 5);
      const entries = [
        ...mine(ids[0]).map((id, at) => entry(id, first, someWords(writer + at))),
        ...mine(ids[1]).map((id, at) => entry(id, second, someWords(writer * at))),
      ];
      await write(writer % 2 ? entries : entries.toReversed());
      await write(entries.map((one, at) => ({ ...one, words: someWords(at * 3 + writer) })));
      await database.inTenant(tables.tenant, (tx) => parts.index.remove(tx, [mine(ids[0])[0]!]));
    });
    const folders = [parts, others, parts].map(async ({ folder }) => {
      for (let round = 0; round < 5; round += 1) await folder.foldAll();
    });
    const searches = Array.from({ length: 10 }, () =>
      database.inTenant(tables.tenant, (tx) =>
        parts.index.candidates((work) => work(tx), {
          tenant: tables.tenant,
          space: tables.space,
          collectionIds: [second, first],
          mode: 'text',
          embedding: null,
          text: 'apple garden',
          depth: 10,
          minCosine: -1,
          filter: {},
        }),
      ),
    );
    await Promise.all([...writers, ...folders, ...searches]);
    await expectExact(first, second);
    expect((await statistics(first)).documents).toBe(48);
  });

  it('count what was just written in the first search after it', async () => {
    const { collection } = await filled(3);
    await database.inTenant(tables.tenant, (tx) =>
      parts.index.candidates((work) => work(tx), {
        tenant: tables.tenant,
        space: tables.space,
        collectionIds: [collection],
        mode: 'text',
        embedding: null,
        text: 'apple',
        depth: 10,
        minCosine: -1,
        filter: {},
      }),
    );
    expect(await statistics(collection)).toEqual(await truth(collection));
  });

  it('are folded a second after the last write, or once many writes have gathered', async () => {
    const { collection, ids } = await filled(2);
    const quiet = pgvectorParts(database);
    quiet.folder.noteWrite(collection);
    expect(await quiet.folder.foldDue()).toBe(false);
    expect((await statistics(collection)).documents).toBe(0);
    for (let writes = 1; writes < FOLD_WRITES; writes += 1) quiet.folder.noteWrite(collection);
    expect(await quiet.folder.foldDue()).toBe(true);
    expect((await statistics(collection)).documents).toBe(2);
    await write([entry(ids[0]!, collection, 'apple')]);
    quiet.folder.noteWrite(collection);
    quiet.clock.advance(1000);
    expect(await quiet.folder.foldDue()).toBe(true);
    await expectExact(collection);
  });
});
