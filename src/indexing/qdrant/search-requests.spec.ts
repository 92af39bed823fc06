import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  MayBeDoneLater,
  QdrantCollectionMissing,
  QdrantRefusal,
  translateQdrantError,
  WrongSetting,
} from './qdrant-errors.js';
import { SearchRequests } from './search-requests.js';

const LONG = 60_000;
const NO_QDRANT =
  'What answers at the address of the vector index is no Qdrant; look at QDRANT_URL';

describe('search requests', () => {
  let server: Server;
  let answer: RequestListener;

  // One for each: a request that was given up may still be on its way.
  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const requests = (): SearchRequests => {
    const { port } = server.address() as AddressInfo;
    const baseUrl = `http://127.0.0.1:${port}`;
    return new SearchRequests({ baseUrl, headers: {}, connections: 1 });
  };
  const failing = (withinMs = LONG, asked = requests()): Promise<Error> =>
    asked.queryBatch('points', [{ limit: 1 }], withinMs).then(() => {
      throw new Error('it was answered');
    }, translateQdrantError);
  const told = (status: number, error: string, headers: Record<string, string> = {}): void => {
    answer = (_, response) =>
      response.writeHead(status, headers).end(JSON.stringify({ status: { error }, time: 0 }));
  };

  it('send the searches and answer the points of each', async () => {
    const searches = [{ limit: 1 }, { limit: 2, query: [0.5, 1] }];
    const bodies: unknown[] = [];
    answer = (request, response) => {
      expect(request.headers['content-type']).toBe('application/json');
      request.setEncoding('utf8').on('data', (body: string) => {
        bodies.push(JSON.parse(body));
        response.end(JSON.stringify({ result: [{ points: [] }, { points: [{ id: 'ø' }] }] }));
      });
    };
    expect(await requests().queryBatch('points', searches, LONG)).toEqual([
      { points: [] },
      { points: [{ id: 'ø' }] },
    ]);
    expect(bodies).toEqual([{ searches }]);
  });

  it('tell a missing collection, a refusal and a busy server apart', async () => {
    told(404, 'Collection `points` does not exist!');
    expect(await failing()).toBeInstanceOf(QdrantCollectionMissing);
    told(400, 'Wrong input: no such vector');
    expect(await failing()).toBeInstanceOf(QdrantRefusal);
    told(429, 'too many', { 'retry-after': '7' });
    expect(await failing()).toMatchObject({ code: 'index_unavailable', retryAfter: 7 });
  });

  it('are no answer where something else than Qdrant gives one', async () => {
    for (const [status, page, message] of [
      [404, '<h1>nginx</h1>', `${NO_QDRANT} (404 Not Found)`],
      [302, '', `${NO_QDRANT} (302 Found)`],
      [200, '<html>', NO_QDRANT],
      [200, '{}', NO_QDRANT],
      [502, '', 'The vector index does not answer: 502 Bad Gateway'],
    ] as const) {
      answer = (_, response) => response.writeHead(status).end(page);
      expect(await failing()).toMatchObject({ code: 'index_unavailable', message });
    }
  });

  it('name the setting of a key that is refused', async () => {
    answer = (_, response) => response.writeHead(401).end('Invalid API key or JWT');
    const error = await failing();
    expect(error).toBeInstanceOf(WrongSetting);
    expect(error.message).toBe('The vector index refuses the key of QDRANT_API_KEY');
  });

  it('end when there is no answer in time', async () => {
    answer = () => undefined;
    expect(await failing(20)).toBeInstanceOf(MayBeDoneLater);
    answer = (_, response) => response.write('{');
    expect(await failing(20)).toBeInstanceOf(MayBeDoneLater);
  });

  it('end in time where others wait for a connection, too, and the next is answered', async () => {
    let asked = 0;
    answer = () => (asked += 1);
    const hanging = requests();
    const first = failing(LONG, hanging);
    const late = await Promise.all(Array.from({ length: 20 }, () => failing(50, hanging)));
    for (const error of late) {
      expect(error).toBeInstanceOf(MayBeDoneLater);
      expect(error.message).toBe('The vector index does not answer: no answer within 50 ms');
    }
    expect(asked).toBe(1);
    answer = (_, response) => response.end(JSON.stringify({ result: [] }));
    const next = hanging.queryBatch('points', [], LONG);
    server.closeAllConnections();
    expect(await first).toMatchObject({ code: 'index_unavailable' });
    expect(await next).toEqual([]);
  });

  it('name what keeps them from a server', async () => {
    const unreachable = new SearchRequests({
      ...{ baseUrl: 'http://127.0.0.1:1', headers: {}, connections: 1 },
    });
    const error = await unreachable.queryBatch('points', [], LONG).catch(translateQdrantError);
    expect(error).toMatchObject({
      code: 'index_unavailable',
      message: 'The vector index does not answer: ECONNREFUSED',
    });
  });
});
