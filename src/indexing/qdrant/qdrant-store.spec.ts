import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startQdrantDouble } from '../../../test/simulators/qdrant/index.js';
import { Secret } from '../../common/secret.js';
import { QdrantCollectionMissing } from './qdrant-errors.js';
import { QdrantStore } from './qdrant-store.js';

describe('requests to Qdrant', () => {
  it('are made again, once, where a search ends with its connection', async () => {
    const heard: string[] = [];
    const { url, close } = await serve((request, response) => {
      heard.push(`${request.method} ${request.url}`);
      // As a connection that had been idle for too long.
      if (heard.length !== 2) request.socket.destroy();
      else response.end(JSON.stringify({ result: [{ points: [] }], status: 'ok', time: 0 }));
    });
    const store = new QdrantStore({ url });
    const search = (): Promise<unknown> => store.query('a name', [{ limit: 1 }]);
    try {
      expect(await search()).toEqual([[]]);
      await expect(search()).rejects.toMatchObject({ code: 'index_unavailable' });
      await expect(store.delete('a name', ['1'])).rejects.toMatchObject({
        code: 'index_unavailable',
      });
      const asked = 'POST /collections/a%20name/points/query/batch';
      expect(heard).toEqual([
        ...[asked, asked, asked, asked],
        'POST /collections/a%20name/points/delete?wait=true',
      ]);
    } finally {
      close();
    }
  });

  it('tell a missing collection from an address where no Qdrant is', async () => {
    const fetched = jest.spyOn(globalThis, 'fetch');
    const store = new QdrantStore({ url: 'http://127.0.0.1:1/wrong' });
    const error = "Not found: Collection `points` doesn't exist!";
    try {
      fetched.mockResolvedValueOnce(Response.json({ status: { error }, time: 0 }, { status: 404 }));
      await expect(store.count('points')).rejects.toBeInstanceOf(QdrantCollectionMissing);
      const page = { status: 404, statusText: 'Not Found' };
      fetched.mockResolvedValueOnce(new Response('<h1>nginx</h1>', page));
      await expect(store.count('points')).rejects.toMatchObject({
        code: 'index_unavailable',
        message: expect.stringMatching(/ is no Qdrant; look at QDRANT_URL \(404 Not Found\)$/),
      });
      fetched.mockResolvedValueOnce(new Response('<h1>Welcome</h1>'));
      await expect(store.count('points')).rejects.toMatchObject({
        code: 'index_unavailable',
        message: expect.stringMatching(/ is no Qdrant; look at QDRANT_URL$/),
      });
    } finally {
      fetched.mockRestore();
    }
  });

  it('tell a key that is refused from one that is missing', async () => {
    const { url, close } = await serve((_, response) =>
      response.writeHead(401).end('Invalid API key or JWT'),
    );
    try {
      const message = 'The vector index refuses the key of QDRANT_API_KEY';
      const wrong = new QdrantStore({ url, apiKey: new Secret('a key') });
      await expect(wrong.count('points')).rejects.toMatchObject({ message });
      await expect(wrong.query('points', [])).rejects.toMatchObject({ message });
      await expect(new QdrantStore({ url }).query('points', [])).rejects.toMatchObject({
        code: 'index_unavailable',
        message: 'The vector index wants a key; set QDRANT_API_KEY',
      });
    } finally {
      close();
    }
  });

  it('make a collection whose graphs are per tenant and whose filters need an index', async () => {
    const double = await startQdrantDouble({ keepBodies: true });
    try {
      const store = new QdrantStore({ url: double.url });
      expect(await store.createCollection('points', 256)).toBe(true);
      await store.createPayloadIndexes('points');
      const sent = (operation: string) =>
        double.record.requests.filter((one) => one.operation === operation).map(({ body }) => body);
      expect(sent('create_collection')).toEqual([
        {
          vectors: { dense: { size: 256, distance: 'Dot', on_disk: true } },
          sparse_vectors: { words: {} },
          hnsw_config: { m: 0, payload_m: 16 },
          on_disk_payload: true,
          optimizers_config: { default_segment_number: 4 },
          strict_mode_config: { enabled: true, unindexed_filtering_retrieve: false },
        },
      ]);
      const time = { type: 'integer', lookup: false, range: true, enable_hnsw: false };
      const keyword = { type: 'keyword', enable_hnsw: false };
      expect(sent('create_field_index')).toEqual([
        { field_name: 'tenant_id', field_schema: { type: 'keyword', is_tenant: true } },
        { field_name: 'collection_id', field_schema: keyword },
        { field_name: 'labels', field_schema: keyword },
        { field_name: 'visible', field_schema: { type: 'bool', enable_hnsw: false } },
        { field_name: 'time', field_schema: time },
        { field_name: 'expires_at', field_schema: time },
      ]);
      expect(double.violations).toEqual([]);
    } finally {
      await double.close();
    }
  });

  it('carry the key and ask for plain answers, which come in one part', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const { url, close } = await serve(({ headers }, response) => {
      heard.push(headers);
      response.setHeader('content-type', 'application/json');
      response.end('{"title":"qdrant - vector search engine","version":"1.18.3","result":[]}');
    });
    try {
      const store = new QdrantStore({ url: `${url}/proxy/`, apiKey: new Secret('a key') });
      expect(await store.version()).toBe('1.18.3');
      expect(await store.query('points', [])).toEqual([]);
      const expected = { 'accept-encoding': 'identity', 'api-key': 'a key' };
      expect(heard).toMatchObject([expected, expected]);
    } finally {
      close();
    }
  });
});

async function serve(answer: RequestListener): Promise<{ url: string; close: () => void }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
