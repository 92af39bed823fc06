import type { Schemas } from '@qdrant/js-client-rest';
import { createMemories, describeServed, fill, TENANT_A, type Served } from './served.contract.js';

const filter = { must: [TENANT_A] };
const dense = { query: [1, 0], using: 'dense', filter };
const words = { query: { indices: [9, 7], values: [1, 1] }, using: 'words', filter };

describeServed('queries', (served) => {
  let name: string;
  let client: Served['client'];
  const found = async (request: Schemas['QueryRequest']) => {
    const { points } = await client.query(name, request);
    return points.map(({ id, score }) => [id, Math.round(score * 1e4) / 1e4]);
  };
  const matching = async (must: Schemas['Filter']['must'], more: Schemas['Filter'] = {}) => {
    const { points } = await client.scroll(name, { filter: { must, ...more } });
    return points.map(({ id }) => id);
  };

  beforeAll(async () => {
    ({ client } = served());
    name = await createMemories(client);
    await fill(client, name);
  });

  it('rank by cosine or dot product and cut at a threshold', async () => {
    expect(await found(dense)).toEqual([
      [2, 1],
      [1, 0.6],
      [3, 0],
      [4, -1],
    ]);
    expect(await found({ ...dense, using: 'raw', limit: 1 })).toEqual([[1, 3]]);
    expect(await found({ ...dense, score_threshold: 0.5, offset: 1 })).toEqual([[1, 0.6]]);
  });

  it('rank sparse vectors by their common indices and leave out points without any', async () => {
    expect(await found(words)).toEqual([
      [2, 5],
      [1, 3],
      [4, 2.5],
    ]);
  });

  it('fuse prefetches by reciprocal ranks with k = 2 unless told', async () => {
    const prefetch = [
      { ...dense, limit: 2 },
      { ...words, limit: 2 },
    ];
    expect(await found({ prefetch, query: { fusion: 'rrf' }, filter })).toEqual([
      [2, 1],
      [1, 0.6667],
    ]);
    expect(await found({ prefetch, query: { rrf: { k: 60 } }, filter })).toEqual([
      [2, 0.0333],
      [1, 0.0328],
    ]);
    const weighted = { rrf: { k: 60, weights: [1] } };
    await expect(found({ prefetch, query: weighted, filter })).rejects.toMatchObject({
      status: 400,
    });
  });

  it('hold the outer filter in every prefetch, rescore nested ones', async () => {
    const { filter: _none, ...open } = dense;
    const prefetch = { prefetch: { ...open, limit: 2 }, query: [0, 1], using: 'dense', limit: 2 };
    expect(await found({ prefetch, query: { fusion: 'rrf' }, filter })).toEqual([
      [1, 0.5],
      [2, 0.3333],
    ]);
  });

  it('compute a formula over scores, payload and conditions', async () => {
    const sum = ['$score', { mult: [0.1, 'rank'] }, { key: 'pinned', match: { value: true } }];
    const query = { formula: { sum } };
    expect(await found({ prefetch: dense, query, limit: 3, filter })).toEqual([
      [2, 2.2],
      [1, 0.7],
      [3, 0.3],
    ]);
  });

  it('run in batches', async () => {
    const answers = await client.queryBatch(name, { searches: [dense, { ...words, limit: 1 }] });
    expect(answers.map(({ points }) => points.map(({ id }) => id))).toEqual([[2, 1, 3, 4], [2]]);
  });

  it('refuse fusion without prefetches and prefetches without a query', async () => {
    await expect(found({ query: { fusion: 'rrf' } })).rejects.toMatchObject({ status: 400 });
    await expect(found({ prefetch: dense })).rejects.toMatchObject({ status: 400 });
  });

  it('filter by value, list, range and time', async () => {
    expect(await matching([{ key: 'tags', match: { value: 'y' } }])).toEqual([1, 2]);
    expect(await matching([{ key: 'tags', match: { any: ['x'] } }])).toEqual([1]);
    expect(await matching([{ key: 'tags', match: { except: ['y'] } }])).toEqual([1]);
    expect(await matching([{ key: 'rank', range: { gt: 1, lte: 3 } }])).toEqual([2, 3]);
    expect(await matching([{ key: 'at', range: { gte: '2026-01-15T00:00:00+02:00' } }])).toEqual([
      2,
    ]);
    expect(await matching([{ key: 'price', range: { gte: 1.5 } }])).toEqual([1]);
    expect(await matching([{ has_id: [5, 1, 77] }])).toEqual([1, 5]);
  });

  it('filter by emptiness, null, nesting, should, must_not and min_should', async () => {
    expect(await matching([TENANT_A, { is_empty: { key: 'tags' } }])).toEqual([3, 4]);
    expect(await matching([{ is_null: { key: 'note' } }])).toEqual([3]);
    const kind = { key: 'kind', match: { value: 'p' } };
    expect(await matching([{ nested: { key: 'parts', filter: { must: [kind] } } }])).toEqual([4]);
    const one = { key: 'rank', match: { value: 1 } };
    const x = { key: 'tags', match: { any: ['x'] } };
    expect(await matching([], { should: [one, { has_id: [4] }] })).toEqual([1, 4]);
    expect(await matching([TENANT_A], { must_not: [one, { has_id: [4] }] })).toEqual([2, 3]);
    const min_should = { conditions: [one, x, TENANT_A], min_count: 2 };
    expect(await matching([], { min_should })).toEqual([1]);
    expect((await client.count(name, { filter, exact: true })).count).toBe(4);
  });
});
