import { randomBytes } from 'node:crypto';
import { QdrantClient } from '@qdrant/js-client-rest';
import { startQdrantDouble, type QdrantDouble } from './qdrant-double.js';

export interface Served {
  readonly client: QdrantClient;
  /** null on a real server. */
  readonly double: QdrantDouble | null;
}

/** The same behaviour on the double always, and on the server of QDRANT_URL where one is given. */
export function describeServed(name: string, tests: (served: () => Served) => void): void {
  describe(`${name} (double)`, () => {
    let double: QdrantDouble;
    beforeAll(async () => {
      double = await startQdrantDouble({ applyAfterMs: null });
    });
    afterAll(() => double.close());
    tests(() => ({ client: clientOf(double.url), double }));
  });
  const url = process.env.QDRANT_URL;
  const onServer = (): void => tests(() => ({ client: clientOf(url!), double: null }));
  if (url) describe(`${name} (${url})`, onServer);
  else describe.skip(`${name} (server: skipped, QDRANT_URL is not set)`, onServer);
}

export function clientOf(url: string): QdrantClient {
  return new QdrantClient({ url, checkCompatibility: false });
}

export function freshName(): string {
  return `double_${randomBytes(6).toString('hex')}`;
}

/** Two-dimensional and sparse vectors, graphs per tenant, every field indexed. */
export async function createMemories(client: QdrantClient, name = freshName()): Promise<string> {
  await client.createCollection(name, {
    vectors: { dense: { size: 2, distance: 'Cosine' }, raw: { size: 2, distance: 'Dot' } },
    sparse_vectors: { words: {} },
    hnsw_config: { m: 0, payload_m: 16 },
  });
  const index = (field_name: string, field_schema: 'integer' | 'datetime' | 'bool' | 'float') =>
    client.createPayloadIndex(name, { field_name, field_schema, wait: true });
  await client.createPayloadIndex(name, {
    field_name: 'tenant',
    field_schema: { type: 'keyword', is_tenant: true },
    wait: true,
  });
  await client.createPayloadIndex(name, {
    field_name: 'tags',
    field_schema: 'keyword',
    wait: true,
  });
  await index('rank', 'integer');
  await index('at', 'datetime');
  await index('pinned', 'bool');
  await index('price', 'float');
  return name;
}

export const TENANT_A = { key: 'tenant', match: { value: 'a' } };

/** Four points of tenant a, one of b. */
export async function fill(client: QdrantClient, name: string): Promise<void> {
  const point = (id: number, dense: number[], payload: object, words: [number, number][]) => ({
    id,
    vector: {
      dense,
      raw: dense,
      words: { indices: words.map(([term]) => term), values: words.map(([, weight]) => weight) },
    },
    payload: { tenant: 'a', ...payload },
  });
  await client.upsert(name, {
    wait: true,
    points: [
      point(1, [3, 4], { rank: 1, tags: ['x', 'y'], at: '2026-01-01T00:00:00Z', price: 1.5 }, [
        [7, 1],
        [9, 2],
      ]),
      point(2, [1, 0], { rank: 2, tags: ['y'], at: '2026-02-01T00:00:00Z', pinned: true }, [
        [9, 5],
      ]),
      point(3, [0, 1], { rank: 3, tags: [], note: null }, [[8, 1]]),
      point(4, [-1, 0], { rank: 4, parts: [{ kind: 'p', size: 1 }] }, [[7, 2.5]]),
      point(5, [1, 0], { tenant: 'b', rank: 5 }, [[9, 9]]),
    ],
  });
}
