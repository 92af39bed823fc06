import { armsOf, bestOf, missingOf, NO_SCORES, toScored, withAnswers } from './arms.js';

const TENANT = 'tenant';
const words = { terms: [{ id: 7, df: 1, weight: 2 }], highest: 3 };
const embedding = Float32Array.of(0.6, 0.8);
const both = armsOf({ embedding }, words);
const filter = { must: [] };
const scores = (list: Record<string, number>): Map<string, number> => new Map(Object.entries(list));

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

  it('ask each for the score of what only the other one has found', () => {
    const found = { dense: scores({ a: 0.9, b: 0.8 }), words: scores({ b: 4, c: 3 }) };
    const queries = missingOf(both, found, { tenant: TENANT, depth: 2 });
    const ids = queries.map(({ using, filter: of }) => [using, JSON.stringify(of)]);
    expect(ids).toEqual([
      ['dense', expect.stringContaining('"has_id":["c"]')],
      ['words', expect.stringContaining('"has_id":["a"]')],
    ]);
    for (const query of queries) {
      expect(query.limit).toBe(1);
      expect(JSON.stringify(query.filter)).toContain('tenant_id');
    }
    const answers = [[{ id: 'c', version: 1, score: 0.1 }], []];
    const all = toScored(withAnswers(found, queries, answers));
    expect(all).toEqual([
      { memoryId: 'a', cosine: 0.9, bm25: 0 },
      { memoryId: 'b', cosine: 0.8, bm25: 4 },
      { memoryId: 'c', cosine: 0.1, bm25: 3 },
    ]);
  });

  it('do not look for words where fewer were found than could be', () => {
    const found = { dense: scores({ a: 0.9 }), words: scores({ b: 4 }) };
    const queries = missingOf(both, found, { tenant: TENANT, depth: 2 });
    expect(queries.map(({ using }) => using)).toEqual(['dense']);
  });

  it('have nothing to add when both found the same, or there is only one', () => {
    const same = { dense: scores({ a: 1 }), words: scores({ a: 2 }) };
    expect(missingOf(both, same, { tenant: TENANT, depth: 1 })).toEqual([]);
    const single = armsOf({ embedding }, null);
    expect(missingOf(single, same, { tenant: TENANT, depth: 1 })).toEqual([]);
    expect(toScored(NO_SCORES)).toEqual([]);
  });
});
