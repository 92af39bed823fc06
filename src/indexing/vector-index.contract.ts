import type { FakeMemory } from './fake.index.js';
import { fuse } from './fusion.js';
import type { IndexHarness } from './index-harness.contract.js';
import { analyse, idf, weigh } from './terms/sparse-encoder.js';
import { vectorSpacesContract } from './vector-spaces.contract.js';
import type {
  Candidate,
  IndexQuery,
  MemoryFilter,
  PreparedQuery,
  ReadRows,
} from './vector-index.js';

const X = Float32Array.of(1, 0, 0);
const Y = Float32Array.of(0, 1, 0);
const NEAR_X = Float32Array.of(0.8, 0.6, 0);
const ZERO = Float32Array.of(0, 0, 0);

interface Given {
  words: string;
  embedding?: Float32Array;
  labels?: Partial<FakeMemory>;
}

/** What every VectorIndex does; called inside a `describe`. */
export function vectorIndexContract(open: () => Promise<IndexHarness>): void {
  describe('vectors of several spaces', () => vectorSpacesContract(open));

  let harness: IndexHarness;
  let collection: string;

  beforeAll(async () => {
    harness = await open();
  });

  beforeEach(async () => {
    collection = await harness.addCollection();
  });

  async function add(given: Given, to = collection): Promise<string> {
    const memoryId = await harness.addRow(to, given.labels);
    await write(memoryId, given, to);
    return memoryId;
  }

  async function write(memoryId: string, given: Given, to = collection): Promise<void> {
    const { words, embedding = X } = given;
    const entry = { memoryId, collectionId: to, spaceId: harness.space.id, embedding, words };
    await harness.transaction((tx) => harness.index.write(tx, [entry]));
    await harness.settle();
  }

  async function search(query: Partial<IndexQuery>): Promise<Candidate[]> {
    return (await list(query)).candidates;
  }

  /** The candidates with all their scores, best first. */
  async function list(query: Partial<IndexQuery>, prepared?: PreparedQuery) {
    const read: ReadRows = (work) => harness.transaction(work);
    const { candidates, full, complete } = await harness.index.candidates(
      read,
      whole(query),
      prepared,
    );
    if (!complete) return { candidates: [...candidates], full };
    const own = await read((tx) => complete(tx, candidates));
    for (const { memoryId, fused } of candidates)
      expect(own.get(memoryId)?.fused ?? -1).toBeLessThanOrEqual(fused + 1e-5);
    return { candidates: [...own.values()].sort((a, b) => b.fused - a.fused), full };
  }

  const whole = (query: Partial<IndexQuery>): IndexQuery => ({
    ...{ tenant: harness.tenant, space: harness.space, collectionIds: [collection] },
    ...{ mode: 'hybrid', embedding: X, text: '', depth: 10, minCosine: -1, filter: {} },
    ...query,
  });

  const ids = (found: readonly { memoryId: string }[]) => found.map(({ memoryId }) => memoryId);

  it('finds the same where a search has prepared it beside other reads', async () => {
    await add({ words: 'apple', embedding: Y });
    await add({ words: 'apple banana', embedding: NEAR_X });
    await add({ words: 'cherry', embedding: X });
    for (const mode of ['hybrid', 'vector', 'text'] as const) {
      const query = { mode, text: 'apple' };
      const prepared = await harness.transaction(
        async (tx) => await harness.index.prepare(tx, whole(query)),
      );
      const found = await list(query, prepared);
      expect(found.candidates).toHaveLength(mode === 'text' ? 2 : 3);
      expect(found).toEqual(await list(query));
    }
  });

  describe('the vector arm', () => {
    it('orders by cosine', async () => {
      const far = await add({ words: 'red', embedding: Y });
      const near = await add({ words: 'green', embedding: NEAR_X });
      const same = await add({ words: 'blue', embedding: X });
      const found = await search({ mode: 'vector' });
      expect(ids(found)).toEqual([same, near, far]);
      expect(found.map(({ cosine }) => cosine)).toEqual([
        expect.closeTo(1, 6),
        expect.closeTo(0.8, 6),
        expect.closeTo(0, 6),
      ]);
      expect(found[1]!.fused).toBe(found[1]!.cosine);
    });

    it('drops what lies below the least cosine', async () => {
      await add({ words: 'red', embedding: Y });
      const near = await add({ words: 'green', embedding: NEAR_X });
      expect(ids(await search({ mode: 'vector', minCosine: 0.5 }))).toEqual([near]);
    });
  });

  describe('the words arm', () => {
    it('scores with BM25', async () => {
      const texts = ['apple banana', 'apple apple', 'date elder'];
      const [first, second] = [await add({ words: texts[0]! }), await add({ words: texts[1]! })];
      await add({ words: texts[2]! });
      const found = await search({ mode: 'text', text: 'apple banana' });
      const counts = texts.map(analyse);
      const weight = (at: number, word: string): number => {
        const place = counts[at]!.terms.indexOf(analyse(word).terms[0]!);
        return weigh(counts[at]!, 2)[place] ?? 0;
      };
      const score = (at: number): number =>
        idf(3, 2) * weight(at, 'apple') + idf(3, 1) * weight(at, 'banana');
      expect(ids(found)).toEqual([first, second]);
      expect(found[0]!.bm25).toBeCloseTo(score(0), 4);
      expect(found[1]!.bm25).toBeCloseTo(score(1), 4);
      expect(found[0]!.fused).toBe(found[0]!.bm25);
      expect(found[0]!.coverage).toBeGreaterThan(found[1]!.coverage);
      expect(found[0]!.coverage).toBeLessThan(1);
    });

    it('finds a text by any of its words, in any form', async () => {
      const memory = await add({ words: 'The engineers migrated both databases' });
      for (const text of ['engineer', 'databases', 'zebra migrations']) {
        expect(ids(await search({ mode: 'text', text }))).toEqual([memory]);
      }
      expect(await search({ mode: 'text', text: 'zebra' })).toEqual([]);
    });

    it('finds a text of stop words only by a query of stop words only', async () => {
      const memory = await add({ words: 'to be or not to be' });
      await add({ words: 'it is to be an ordinary text' });
      expect(ids(await search({ mode: 'text', text: 'to be' }))).toEqual([memory]);
    });

    it('needs no vector and gives no cosine', async () => {
      await add({ words: 'apple' });
      const [found] = await search({ mode: 'text', text: 'apple' });
      expect(found!.cosine).toBe(0);
    });
  });

  describe('hybrid', () => {
    it('gives every candidate both scores and orders by their sum', async () => {
      const words = await add({ words: 'quokka habitat', embedding: Y });
      const vector = await add({ words: 'unrelated', embedding: NEAR_X });
      const found = await search({ text: 'quokka habitat', depth: 1 });
      expect(ids(found).sort()).toEqual([words, vector].sort());
      const byWords = found.find(({ memoryId }) => memoryId === words)!;
      const byVector = found.find(({ memoryId }) => memoryId === vector)!;
      expect(byVector).toMatchObject({ bm25: 0, cosine: expect.closeTo(0.8, 6) });
      expect(byWords.bm25).toBeGreaterThan(0);
      expect(byWords.cosine).toBeCloseTo(0, 6);
      expect(byWords.fused).toBeCloseTo(fuse(byWords.cosine, byWords.bm25, 2), 5);
      expect(found[0]!.fused).toBeGreaterThanOrEqual(found[1]!.fused);
    });

    it('finds the words of one arm in the text that the other arm found', async () => {
      const both = await add({ words: 'common rare', embedding: X });
      await add({ words: 'common', embedding: Y });
      const [found] = await search({ text: 'common', depth: 1 });
      expect(found).toMatchObject({ memoryId: both });
      expect(found!.bm25).toBeGreaterThan(0);
    });

    it('keeps a text below the least cosine when its words match', async () => {
      const words = await add({ words: 'quokka', embedding: Y });
      await add({ words: 'unrelated', embedding: Y });
      expect(ids(await search({ text: 'quokka', minCosine: 0.5 }))).toEqual([words]);
    });

    it('is the words arm alone when the query has no vector', async () => {
      const words = await add({ words: 'quokka' });
      await add({ words: 'unrelated' });
      expect(ids(await search({ text: 'quokka', embedding: null }))).toEqual([words]);
    });

    it('is the vector arm alone when the query has no words', async () => {
      const memory = await add({ words: 'unrelated', embedding: X });
      expect(ids(await search({ text: '...' }))).toEqual([memory]);
    });

    it('finds a text without a vector by its words', async () => {
      const memory = await add({ words: 'quokka', embedding: ZERO });
      const [found] = await search({ text: 'quokka' });
      expect(found).toMatchObject({ memoryId: memory, cosine: expect.closeTo(0, 6) });
      expect(found!.fused).toBeGreaterThan(0);
    });

    it('finds nothing in an empty collection', async () => {
      expect(await list({ text: 'quokka' })).toEqual({ candidates: [], full: false });
    });
  });

  it('tells when an arm gave all that its depth allows', async () => {
    await add({ words: 'one' });
    await add({ words: 'two' });
    expect((await list({ mode: 'vector', depth: 2 })).full).toBe(true);
    expect((await list({ mode: 'vector', depth: 3 })).full).toBe(false);
  });

  describe('writing', () => {
    it('counts a text once however often it is written', async () => {
      const memory = await add({ words: 'apple' });
      await add({ words: 'banana' });
      const [once] = await search({ text: 'apple' });
      await write(memory, { words: 'apple' });
      const [twice] = await search({ text: 'apple' });
      expect(twice).toEqual(once);
    });

    it('replaces vector and words', async () => {
      const memory = await add({ words: 'apple', embedding: X });
      await write(memory, { words: 'banana', embedding: Y });
      expect(await search({ mode: 'text', text: 'apple' })).toEqual([]);
      const [found] = await search({ text: 'banana', embedding: Y });
      expect(found).toMatchObject({ memoryId: memory, cosine: expect.closeTo(1, 6) });
    });

    it('replaces words alone', async () => {
      const memory = await add({ words: 'apple', embedding: NEAR_X });
      await harness.transaction((tx) =>
        harness.index.writeWords(tx, [
          { memoryId: memory, collectionId: collection, words: 'banana' },
        ]),
      );
      await harness.settle();
      expect(await search({ mode: 'text', text: 'apple' })).toEqual([]);
      const [found] = await search({ text: 'banana' });
      expect(found).toMatchObject({ memoryId: memory, cosine: expect.closeTo(0.8, 6) });
    });

    it('takes many entries of several collections at once', async () => {
      const other = await harness.addCollection();
      const rows = await Promise.all(
        Array.from({ length: 30 }, async (_, at) => {
          const collectionId = at % 2 ? other : collection;
          return { collectionId, memoryId: await harness.addRow(collectionId), at };
        }),
      );
      await harness.transaction((tx) =>
        harness.index.write(
          tx,
          rows.map(({ collectionId, memoryId, at }) => ({
            collectionId,
            memoryId,
            spaceId: harness.space.id,
            embedding: X,
            words: `word${at} shared`,
          })),
        ),
      );
      await harness.settle();
      expect(ids(await search({ mode: 'text', text: 'word4' }))).toEqual([rows[4]!.memoryId]);
      expect(await search({ mode: 'text', text: 'shared', depth: 100 })).toHaveLength(15);
      expect(await search({ mode: 'text', text: 'word5' })).toEqual([]);
    });

    it('does nothing for nothing', async () => {
      await harness.transaction(async (tx) => {
        await harness.index.write(tx, []);
        await harness.index.writeWords(tx, []);
        await harness.index.remove(tx, []);
        await harness.index.move(tx, [], collection);
      });
      expect(await search({ text: 'apple' })).toEqual([]);
    });
  });

  describe('removing', () => {
    it('takes the text and its share of the statistics away', async () => {
      await add({ words: 'apple' });
      await add({ words: 'banana' });
      const [before] = await search({ text: 'apple' });
      const removed = await add({ words: 'apple cherry' });
      await harness.transaction((tx) => harness.index.remove(tx, [removed]));
      await harness.settle();
      expect(await search({ text: 'apple', mode: 'text' })).toHaveLength(1);
      expect((await search({ text: 'apple' }))[0]).toEqual(before);
    });
  });

  describe('moving', () => {
    it('takes text and statistics along', async () => {
      const other = await harness.addCollection();
      const memory = await add({ words: 'apple banana', embedding: NEAR_X });
      await add({ words: 'apple' });
      await add({ words: 'cherry', embedding: Y }, other);
      await harness.transaction((tx) => harness.index.move(tx, [memory], other));
      await harness.settle();
      expect(ids(await search({ text: 'banana', mode: 'text' }))).toEqual([]);
      const [found] = await search({ text: 'banana', collectionIds: [other] });
      expect(found).toMatchObject({
        memoryId: memory,
        cosine: expect.closeTo(0.8, 6),
      });
      expect(found!.fused).toBeCloseTo(fuse(found!.cosine, found!.bm25, 2), 5);
    });
  });

  describe('scope', () => {
    it('is the collections of the query and nothing else', async () => {
      const other = await harness.addCollection();
      const here = await add({ words: 'apple' });
      const there = await add({ words: 'apple' }, other);
      expect(ids(await search({ text: 'apple' }))).toEqual([here]);
      const both = await search({ text: 'apple', collectionIds: [collection, other] });
      expect(ids(both).sort()).toEqual([here, there].sort());
    });

    it('sums the statistics of its collections', async () => {
      const other = await harness.addCollection();
      await add({ words: 'apple' });
      for (const words of ['banana', 'cherry', 'date']) await add({ words }, other);
      const [alone] = await search({ text: 'apple', mode: 'text' });
      const [among] = await search({
        text: 'apple',
        mode: 'text',
        collectionIds: [collection, other],
      });
      expect(among!.bm25 / alone!.bm25).toBeCloseTo(idf(4, 1) / idf(1, 1), 4);
    });
  });

  describe('filters', () => {
    const time = new Date('2026-03-01T12:00:00Z');
    const cases: [string, Partial<FakeMemory>, MemoryFilter][] = [
      ['container tag', { containerTag: 'user-1' }, { containerTag: 'user-1' }],
      ['category', { category: 'fact' }, { category: 'fact' }],
      ['source', { source: 'slack' }, { source: 'slack' }],
      ['author', { author: 'ana' }, { author: 'ana' }],
      ['container', { container: '#general' }, { container: '#general' }],
      ['start of a time range', { time }, { since: time }],
      ['metadata', { metadata: { a: { b: [1, 2] }, c: 3 } }, { metadata: { a: { b: [2] } } }],
    ];

    it.each(cases)('keep to the %s in both arms', async (_, labels, filter) => {
      const old = new Date('2020-01-01T00:00:00Z');
      const wanted = await add({
        words: 'apple',
        embedding: NEAR_X,
        labels: { time: old, ...labels },
      });
      await add({ words: 'apple', embedding: X, labels: { time: old } });
      expect(ids(await search({ mode: 'vector', filter, depth: 1 }))).toEqual([wanted]);
      expect(ids(await search({ mode: 'text', text: 'apple', filter, depth: 1 }))).toEqual([
        wanted,
      ]);
      expect(ids(await search({ text: 'apple', filter, depth: 1 }))).toEqual([wanted]);
    });

    it('keep to the end of a time range', async () => {
      const early = await add({ words: 'apple', labels: { time } });
      await add({ words: 'apple', labels: { time: new Date('2026-03-02T00:00:00Z') } });
      expect(ids(await search({ text: 'apple', filter: { until: time } }))).toEqual([early]);
    });

    it('can leave out single memories', async () => {
      const out = await add({ words: 'apple' });
      const kept = await add({ words: 'apple' });
      const filter = { excludeIds: [out] };
      expect(ids(await search({ text: 'apple', filter }))).toEqual([kept]);
    });

    it('leave out hidden memories, and `visibleOnly` does without any other', async () => {
      await add({ words: 'apple', labels: { visible: false, category: 'fact' } });
      const shown = await add({ words: 'apple', embedding: Y, labels: { category: 'fact' } });
      const filter = { category: 'fact' };
      expect(ids(await search({ text: 'apple', filter }))).toEqual([shown]);
      expect(ids(await search({ text: 'apple', visibleOnly: true, depth: 1 }))).toEqual([shown]);
    });
  });
}
