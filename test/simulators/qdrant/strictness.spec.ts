import { QdrantClient } from '@qdrant/js-client-rest';
import { startQdrantDouble, type QdrantDouble } from './qdrant-double.js';
import { clientOf, createMemories, fill, TENANT_A } from './served.contract.js';

describe('what the double refuses or records', () => {
  let double: QdrantDouble;
  let client: QdrantClient;
  let name: string;

  beforeEach(async () => {
    double = await startQdrantDouble({ applyAfterMs: null, apiKey: 'k' });
    const headers = { 'api-key': 'k' };
    client = new QdrantClient({ url: double.url, headers, checkCompatibility: false });
    name = await createMemories(client);
    await fill(client, name);
    double.record.clear();
  });
  afterEach(() => double.close());

  const send = async (method: string, path: string, body?: string): Promise<[number, string]> => {
    const answer = await fetch(`${double.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'api-key': 'k' },
      ...(body !== undefined && { body }),
    });
    return [answer.status, await answer.text()];
  };
  const kinds = () => double.violations.map(({ kind }) => kind);

  it.each([
    ['an unknown field', { limit: 1, sort: 'x' }, 400, 'unknown_field'],
    ['a wrong type', { limit: '1' }, 400, 'wrong_type'],
    ['a number out of range', { limit: 0 }, 422, 'out_of_range'],
    [
      'full-text match',
      { filter: { must: [{ key: 'tags', match: { text: 'x' } }] } },
      400,
      'unknown_field',
    ],
    ['an unknown clause', { filter: { most: [] } }, 400, 'unknown_field'],
    ['ordering', { order_by: 'rank' }, 400, 'wrong_type'],
    ['an id that is none', { offset: 'abc' }, 400, 'wrong_type'],
  ])('%s in a body: 4xx in the shape of Qdrant, and a violation', async (_, body, status, kind) => {
    const [code, text] = await send(
      'POST',
      `/collections/${name}/points/scroll`,
      JSON.stringify(body),
    );
    expect([code, Object.keys(JSON.parse(text) as object)]).toEqual([status, ['status', 'time']]);
    expect(kinds()).toEqual([kind]);
  });

  it('unknown routes and parameters, bodies that are no JSON and doubled sparse indices', async () => {
    const upsert = `/collections/${name}/points`;
    const twice = { words: { indices: [1, 1], values: [1, 2] } };
    expect((await send('GET', '/collections/x/y/z'))[0]).toBe(404);
    expect((await send('PUT', `${upsert}?await=true`, '{"points":[]}'))[0]).toBe(400);
    expect((await send('PUT', `${upsert}?wait=yes`, '{"points":[]}'))[0]).toBe(400);
    expect((await send('PUT', upsert, '{"points":'))[0]).toBe(400);
    const points = [{ id: 1, vector: twice }];
    expect((await send('PUT', upsert, JSON.stringify({ points })))[0]).toBe(422);
    expect(kinds()).toEqual([
      'unknown_route',
      'unknown_parameter',
      'wrong_type',
      'not_json',
      'out_of_range',
    ]);
  });

  it('a body of more than 32 MB', async () => {
    const text = JSON.stringify({ points: [], pad: 'x'.repeat(32 * 1024 * 1024) });
    expect((await send('PUT', `/collections/${name}/points`, text))[0]).toBe(400);
    expect(kinds()).toEqual(['body_too_large']);
    expect(double.record.largestBodyBytes).toBe(text.length);
  });

  it('a filter on a field without an index, or with one that cannot answer it', async () => {
    await client.scroll(name, { filter: { must: [{ key: 'note', match: { value: 'x' } }] } });
    await client.count(name, { filter: { must: [{ key: 'tags', range: { gt: 1 } }] } });
    await client.delete(name, { filter: { must_not: [{ is_empty: { key: 'other' } }] } });
    expect(kinds()).toEqual(['unindexed_filter', 'unindexed_filter', 'unindexed_filter']);
  });

  it('a search without the filter of a tenant where graphs are per tenant', async () => {
    const query = { query: [1, 0], using: 'dense' };
    await client.query(name, { ...query, filter: { should: [TENANT_A] } });
    await client.query(name, { prefetch: query, query: { fusion: 'rrf' } });
    expect(kinds()).toEqual(['search_across_tenants', 'search_across_tenants']);
    await client.query(name, { ...query, filter: { must: [TENANT_A] } });
    expect(kinds()).toHaveLength(2);
  });

  it('a client without its API key, in plain text as the server does', async () => {
    await expect(clientOf(double.url).getCollections()).rejects.toMatchObject({ status: 401 });
    expect((await fetch(`${double.url}/readyz`)).status).toBe(200);
  });

  it('reading what was written without wait', async () => {
    const put = (id: number, wait: boolean) =>
      client.upsert(name, { wait, points: [{ id, vector: { dense: [1, 0] } }] });
    expect((await put(11, false)).status).toBe('acknowledged');
    expect(await client.retrieve(name, { ids: [11] })).toEqual([]);
    await client.delete(name, { wait: false, points: [11] });
    expect((await put(12, true)).status).toBe('completed');
    expect(await client.retrieve(name, { ids: [11, 12] })).toHaveLength(1);
    await put(13, false);
    double.settle();
    expect(double.pointCount(name)).toBe(7);
  });
});
