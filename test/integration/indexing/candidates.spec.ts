import fc from 'fast-check';
import type { Database } from '../../../src/database/database.js';
import { fuse } from '../../../src/indexing/fusion.js';
import { analyse, idf, queryTerms, weigh } from '../../../src/indexing/terms/sparse-encoder.js';
import type { Candidate, IndexQuery } from '../../../src/indexing/vector-index.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { IndexTables, pgvectorParts } from './index-fixtures.js';

interface Text {
  words: string;
  embedding: Float32Array;
}

interface Scored {
  cosine: number;
  bm25: number;
}

const VOCABULARY =
  'apple banana cherry database engine forest garden harbour island jungle kettle'.split(' ');

const words = (most: number) =>
  fc.array(fc.constantFrom(...VOCABULARY), { maxLength: most }).map((list) => list.join(' '));

/** Unit vectors, and at times the zero vector of a text that the model knows no word of. */
const embedding = fc
  .array(fc.integer({ min: -5, max: 5 }), { minLength: 3, maxLength: 3 })
  .map((parts) => {
    const length = Math.hypot(...parts);
    return Float32Array.from(parts, (part) => (length === 0 ? 0 : part / length));
  });

const text: fc.Arbitrary<Text> = fc.record({ words: words(12), embedding });

const scene = fc.record({
  texts: fc.array(text, { minLength: 1, maxLength: 25 }),
  /** Texts that get another one in their place, or go. */
  replaced: fc.array(fc.tuple(fc.nat(24), fc.option(text)), { maxLength: 5 }),
  query: text,
  depth: fc.integer({ min: 1, max: 30 }),
});

describeOnEachDatabase('Candidates of the pgvector index', (open) => {
  let database: Database;
  let tables: IndexTables;
  let parts: ReturnType<typeof pgvectorParts>;

  beforeAll(async () => {
    database = await open();
    parts = pgvectorParts(database);
    tables = await IndexTables.create(database);
  });

  /** Writes texts as one batch. */
  async function write(collection: string, entries: ReadonlyMap<string, Text>): Promise<void> {
    await database.inTenant(tables.tenant, (tx) =>
      parts.index.write(
        tx,
        [...entries].map(([memoryId, entry]) => ({
          ...entry,
          memoryId,
          collectionId: collection,
          spaceId: tables.space.id,
        })),
      ),
    );
  }

  function candidates(collection: string, query: Partial<IndexQuery>): Promise<Candidate[]> {
    return database.inTenant(tables.tenant, async (tx) => {
      const list = await parts.index.candidates((work) => work(tx), {
        tenant: tables.tenant,
        space: tables.space,
        collectionIds: [collection],
        mode: 'hybrid',
        embedding: null,
        text: '',
        depth: 30,
        minCosine: -1,
        filter: {},
        ...query,
      });
      return [...list.candidates];
    });
  }

  it('of a filter on metadata keep to the tenant, and the transaction to its rows', async () => {
    const other = await IndexTables.create(database);
    const theirs = await other.addCollection();
    const labels = { metadata: { kind: 'plan' } };
    const ids = [await other.addRow(theirs, labels), await tables.addRow(theirs, labels)];
    await database.asSystem((tx) =>
      parts.index.write(
        tx,
        ids.map((memoryId) => ({
          memoryId,
          collectionId: theirs,
          spaceId: other.space.id,
          words: 'apple',
          embedding: Float32Array.of(1, 0, 0),
        })),
      ),
    );
    await parts.folder.foldAll();
    await database.inTenant(tables.tenant, async (tx) => {
      const found = await parts.index.candidates((work) => work(tx), {
        tenant: tables.tenant,
        space: other.space,
        collectionIds: [theirs],
        mode: 'text',
        embedding: null,
        text: 'apple',
        depth: 10,
        minCosine: -1,
        filter: { metadata: { kind: 'plan' } },
      });
      expect(found.candidates.map((one) => one.memoryId)).toEqual([ids[1]]);
      if (database.rowLevelSecurity.state === 'off') return;
      const seen = await tx.query(`select id from memories where collection_id = $1`, [theirs]);
      expect(seen).toEqual([{ id: ids[1] }]);
    });
  });

  it('have the scores of a computation by hand, and no better one is missing', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ texts, replaced, query, depth }) => {
        const collection = await tables.addCollection();
        const ids = await tables.addRows(collection, texts.length);
        const stored = new Map(ids.map((id, at) => [id, texts[at]!]));
        await write(collection, stored);
        const average = Math.max(1, meanLength(texts));
        for (const [at, other] of replaced) {
          const id = ids[at];
          if (id === undefined) continue;
          if (other === null) {
            stored.delete(id);
            await database.inTenant(tables.tenant, (tx) => parts.index.remove(tx, [id]));
          } else {
            stored.set(id, other);
            await write(collection, new Map([[id, other]]));
          }
        }
        await parts.folder.foldAll();
        const expected = byHand(stored, query, average);
        const found = await candidates(collection, {
          text: query.words,
          embedding: query.embedding,
          depth,
        });
        for (const { memoryId, cosine, bm25, fused } of found) {
          const score = expected.get(memoryId)!;
          expect(cosine).toBeCloseTo(score.cosine, 4);
          expect(bm25).toBeCloseTo(score.bm25, 4);
          expect(fused).toBeCloseTo(fuse(score.cosine, score.bm25, stored.size), 4);
        }
        const best = (list: Iterable<Scored>, by: 'cosine' | 'bm25') =>
          Array.from(list, (one) => one[by])
            .sort((a, b) => b - a)
            .slice(0, depth)
            .filter((score) => by === 'cosine' || score > 0);
        for (const by of ['cosine', 'bm25'] as const) {
          const right = best(expected.values(), by).map((score): unknown =>
            expect.closeTo(score, 4),
          );
          expect(best(found, by)).toEqual(right);
        }
        const order = found.map(({ fused }) => fused);
        expect(order).toEqual(order.toSorted((a, b) => b - a));
      }),
      { numRuns: 25 },
    );
  });

  it('lose no text to the gate while a collection is small', async () => {
    const collection = await tables.addCollection();
    const ids = await tables.addRows(collection, 300);
    const rare = 'quokka';
    const texts = ids.map((_, at) => ({
      words: at === 0 ? `${rare} meeting` : `meeting about subject${at}`,
      embedding: Float32Array.of(1, 0, 0),
    }));
    await write(collection, new Map(ids.map((id, at) => [id, texts[at]!])));
    await parts.folder.foldAll();
    const found = await candidates(collection, {
      mode: 'text',
      text: `${rare} meeting`,
      depth: 500,
    });
    expect(found).toHaveLength(300);
    expect(found[0]!.memoryId).toBe(ids[0]);
  });

  it('score only texts with the rarer words once a collection is large', async () => {
    const collection = await tables.addCollection();
    const ids = await tables.addRows(collection, 6000);
    const entries = ids.map((id, at): [string, Text] => [
      id,
      {
        words: at % 20 === 0 ? `meeting release${at % 40}` : 'meeting notes',
        embedding: Float32Array.of(1, 0, 0),
      },
    ]);
    for (let from = 0; from < entries.length; from += 500) {
      await write(collection, new Map(entries.slice(from, from + 500)));
    }
    await parts.folder.foldAll();
    const found = await candidates(collection, {
      mode: 'text',
      text: 'meeting release20',
      depth: 100,
    });
    // Only these score at all: "meeting" is everywhere and would open the gate for all 6,000.
    const wanted = new Set(entries.filter((_, at) => at % 40 === 20).map(([id]) => id));
    expect(found).toHaveLength(100);
    expect(found.every(({ memoryId }) => wanted.has(memoryId))).toBe(true);
    expect(found.every(({ bm25 }) => bm25 > 0)).toBe(true);
  });
});

function meanLength(texts: readonly Text[]): number {
  return texts.reduce((sum, one) => sum + analyse(one.words).length, 0) / texts.length;
}

function byHand(
  stored: ReadonlyMap<string, Text>,
  query: Text,
  average: number,
): Map<string, Scored> {
  const analysed = new Map([...stored].map(([id, one]) => [id, analyse(one.words)]));
  const df = (term: number): number =>
    [...analysed.values()].filter(({ terms }) => terms.includes(term)).length;
  const terms = queryTerms(query.words).map(({ id, occurrences }) => ({
    id,
    weight: occurrences * idf(stored.size, df(id)),
  }));
  return new Map(
    [...stored].map(([id, one]) => {
      const counts = analysed.get(id)!;
      const weights = weigh(counts, average);
      const bm25 = terms.reduce(
        (sum, term) => sum + term.weight * (weights[counts.terms.indexOf(term.id)] ?? 0),
        0,
      );
      const cosine = one.embedding.reduce((sum, part, at) => sum + part * query.embedding[at]!, 0);
      return [id, { cosine, bm25 }];
    }),
  );
}
