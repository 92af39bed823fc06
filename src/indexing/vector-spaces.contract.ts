import type { IndexHarness } from './index-harness.contract.js';
import type { SpaceRef } from './vector-index.js';

const X = Float32Array.of(1, 0, 0);
const Y = Float32Array.of(0, 1, 0);
const NEAR_X = Float32Array.of(0.8, 0.6, 0);

/** What an index does for a reindex: vectors of another space beside those that are searched. */
export function vectorSpacesContract(open: () => Promise<IndexHarness>): void {
  let harness: IndexHarness;
  let other: SpaceRef;
  let collection: string;

  beforeAll(async () => {
    harness = await open();
    other = await harness.addSpace();
  });

  beforeEach(async () => {
    collection = await harness.addCollection();
  });

  async function add(words: string, embedding = X, memory?: string): Promise<string> {
    const memoryId = memory ?? (await harness.addRow(collection));
    const entry = { memoryId, collectionId: collection, spaceId: harness.space.id };
    await harness.transaction((tx) => harness.index.write(tx, [{ ...entry, embedding, words }]));
    await harness.settle();
    return memoryId;
  }

  async function beside(memoryId: string, embedding: Float32Array): Promise<void> {
    const entry = { memoryId, collectionId: collection, spaceId: other.id, embedding };
    await harness.transaction((tx) => harness.index.writeVectors(tx, [entry]));
    await harness.settle();
  }

  const vectors = (space: SpaceRef, ids: readonly string[]) =>
    harness.transaction((tx) => harness.index.vectors(tx, space.id, ids));

  const search = (space: SpaceRef, text = '') =>
    harness.index.candidates((work) => harness.transaction(work), {
      tenant: harness.tenant,
      space,
      collectionIds: [collection],
      mode: text === '' ? 'vector' : 'hybrid',
      embedding: X,
      text,
      depth: 10,
      minCosine: -1,
      filter: {},
    });

  it('are given back as they were stored', async () => {
    const near = await add('apple', NEAR_X);
    const far = await add('banana', Y);
    const unknown = await harness.addRow(collection);
    expect(await vectors(harness.space, [near, far, unknown])).toEqual(
      new Map([
        [near, NEAR_X],
        [far, Y],
      ]),
    );
  });

  it('are each found in their own space, with the same words', async () => {
    const first = await add('apple', X);
    const second = await add('banana', Y);
    await beside(first, Y);
    await beside(second, X);
    expect((await search(harness.space)).candidates[0]!.memoryId).toBe(first);
    expect((await search(other)).candidates[0]!.memoryId).toBe(second);
    const both = await search(other, 'apple');
    const apple = both.candidates.find(({ memoryId }) => memoryId === first)!;
    expect(apple.bm25).toBeGreaterThan(0);
    expect(apple.cosine).toBeCloseTo(0, 6);
  });

  it('of a text that is replaced go, other than the one written', async () => {
    const memory = await add('apple', X);
    await beside(memory, Y);
    await add('banana', NEAR_X, memory);
    expect(await vectors(other, [memory])).toEqual(new Map());
    expect(await vectors(harness.space, [memory])).toEqual(new Map([[memory, NEAR_X]]));
  });

  it('that are missing are listed up to a limit', async () => {
    const [first, ...rest] = [await add('apple'), await add('banana'), await add('cherry')];
    await beside(first, X);
    const missing = (space: SpaceRef, limit: number) =>
      harness.transaction((tx) => harness.index.withoutVector(tx, space.id, collection, limit));
    expect((await missing(other, 10)).toSorted()).toEqual(rest.toSorted());
    expect(await missing(other, 1)).toHaveLength(1);
    expect(await missing(harness.space, 10)).toEqual([]);
  });

  it('are told apart from words', async () => {
    const indexed = await add('apple');
    const bare = await harness.addRow(collection);
    const held = (space: SpaceRef) =>
      harness.transaction((tx) => harness.index.held(tx, space.id, collection, [indexed, bare]));
    expect(await held(harness.space)).toEqual({
      vectors: new Set([indexed]),
      words: new Set([indexed]),
    });
    expect(await held(other)).toEqual({ vectors: new Set(), words: new Set([indexed]) });
  });

  it('that are of no use are removed step by step', async () => {
    const memories = [await add('apple'), await add('banana'), await add('cherry')];
    for (const memory of memories) await beside(memory, Y);
    const remove = (limit: number) =>
      harness.transaction((tx) =>
        harness.index.removeVectorsOutside(tx, collection, [harness.space.id], limit),
      );
    expect([await remove(2), await remove(2), await remove(2)]).toEqual([2, 1, 0]);
    await harness.settle();
    expect(await vectors(other, memories)).toEqual(new Map());
    expect((await vectors(harness.space, memories)).size).toBe(3);
    expect((await search(harness.space)).candidates).toHaveLength(3);
  });
}
