import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../common/secret.js';
import { QdrantCollectionMissing } from './qdrant-errors.js';
import { QdrantStore } from './qdrant-store.js';

describe('requests to Qdrant', () => {
  it('are made again, once, where a search ends with its connection', async () => {
    // As `fetch` tells of it; under Jest it hides the code.
    const ended = new TypeError('fetch failed', { cause: { code: 'UND_ERR_SOCKET' } });
    const fetched = jest.spyOn(globalThis, 'fetch');
    const store = new QdrantStore({ url: 'http://127.0.0.1:1' });
    const search = (): Promise<unknown> => store.query('points', [{ limit: 1 }]);
    try {
      fetched
        .mockRejectedValueOnce(ended)
        .mockResolvedValueOnce(Response.json({ result: [{ points: [] }], status: 'ok', time: 0 }));
      expect(await search()).toEqual([[]]);
      fetched.mockRejectedValue(ended);
      await expect(search()).rejects.toMatchObject({ code: 'index_unavailable' });
      await expect(store.delete('points', ['1'])).rejects.toThrow('UND_ERR_SOCKET');
      expect(fetched).toHaveBeenCalledTimes(2 + 2 + 1);
    } finally {
      fetched.mockRestore();
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
        message: 'The vector index does not answer: 404 Not Found',
      });
    } finally {
      fetched.mockRestore();
    }
  });

  it('carry the key and ask for plain answers, which come in one part', async () => {
    const heard: IncomingHttpHeaders[] = [];
    const server = createServer(({ headers }, response) => {
      heard.push(headers);
      response.setHeader('content-type', 'application/json');
      response.end('{"title":"qdrant - vector search engine","version":"1.18.3"}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const url = `http://127.0.0.1:${port}`;
      const store = new QdrantStore({ url, apiKey: new Secret('a key') });
      expect(await store.version()).toBe('1.18.3');
      expect(heard).toMatchObject([{ 'accept-encoding': 'identity', 'api-key': 'a key' }]);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
