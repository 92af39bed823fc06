import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../common/secret.js';
import { QdrantStore } from './qdrant-store.js';

describe('requests to Qdrant', () => {
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
