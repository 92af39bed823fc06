import { armsOf, bestOf, scoresOf, toScored } from './arms.js';

const words = { terms: [{ id: 7, df: 1, weight: 2 }], highest: 3 };
const embedding = Float32Array.of(0.6, 0.8);
const both = armsOf({ embedding }, words);
const filter = { must: [] };
const points = (list: Record<string, number>) =>
  Object.entries(list).map(([id, score]) => ({ id, version: 1, score }));

describe('the arms of a search in Qdrant', () => {
  it('are one request each, without payload', () => {
    const queries = bestOf(both, filter, 50);
    expect(queries.map(({ using }) => using)).toEqual(['dense', 'words']);
    expect(queries[1]!.query).toEqual({ indices: [7], values: [2] });
    for (const query of queries)
      expect(query).toMatchObject({ filter, limit: 50, with_payload: false });
  });

  it('leave out the one that the query has nothing for', () => {
    expect(bestOf(armsOf({ embedding: null }, words), filter, 5)).toHaveLength(1);
    expect(bestOf(armsOf({ embedding }, null), filter, 5)).toHaveLength(1);
  });

  describe('score what they have found', () => {
    const queries = bestOf(both, filter, 2);
    const found = (dense: Record<string, number>, sparse: Record<string, number>) =>
      scoresOf(queries, [points(dense), points(sparse)]);

    it('by the most that the other arm can give, where that has given all it was asked for', () => {
      expect(toScored(both, found({ a: 0.9, b: 0.8 }, { b: 4, c: 3 }), 2)).toEqual([
        { memoryId: 'a', cosine: 0.9, bm25: 3, bounded: true },
        { memoryId: 'b', cosine: 0.8, bm25: 4 },
        { memoryId: 'c', cosine: 0.8, bm25: 3, bounded: true },
      ]);
    });

    it('without words where fewer were found than could be', () => {
      expect(toScored(both, found({ a: 0.9, b: 0.8 }, { b: 4 }), 2)).toEqual([
        { memoryId: 'a', cosine: 0.9, bm25: 0 },
        { memoryId: 'b', cosine: 0.8, bm25: 4 },
      ]);
    });

    it('by any cosine where fewer vectors were found than could be', () => {
      expect(toScored(both, found({ a: 0.9 }, { b: 4 }), 2)).toEqual([
        { memoryId: 'a', cosine: 0.9, bm25: 0 },
        { memoryId: 'b', cosine: 1, bm25: 4, bounded: true },
      ]);
    });

    it('as they are where the query has only one of them', () => {
      const single = armsOf({ embedding }, null);
      const dense = bestOf(single, filter, 1);
      expect(toScored(single, scoresOf(dense, [points({ a: 1 })]), 1)).toEqual([
        { memoryId: 'a', cosine: 1, bm25: 0 },
      ]);
      const text = armsOf({ embedding: null }, words);
      const sparse = bestOf(text, filter, 1);
      expect(toScored(text, scoresOf(sparse, [points({ a: 2 })]), 1)).toEqual([
        { memoryId: 'a', cosine: 0, bm25: 2 },
      ]);
      expect(toScored(both, found({}, {}), 2)).toEqual([]);
    });
  });
});
