import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { quickFetch } from './quick-fetch.js';

const TEXT = 'An answer of the harbour, ø and 🐟 included. '.repeat(5_000);
const CALL = { method: 'POST', body: 'channel=C1&limit=15', redirect: 'error' } as const;

describe('quick fetch', () => {
  let server: Server;
  let answer: RequestListener;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/method`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends what it is given and reads the answer whole', async () => {
    const received: unknown[] = [];
    answer = (request, response) => {
      const { method, url: path, headers } = request;
      request.setEncoding('utf8').on('data', (body) => {
        received.push({ method, path, key: headers['x-key'], body });
        response.writeHead(201, { 'x-part': ['one', 'two'], 'content-type': 'text/plain' });
        response.end(TEXT);
      });
    };
    const found = await quickFetch(url, { ...CALL, headers: { 'X-Key': 'k' } });
    expect(received).toEqual([{ method: 'POST', path: '/api/method', key: 'k', body: CALL.body }]);
    expect(found).toMatchObject({ status: 201, statusText: 'Created', url });
    expect(found.headers.get('X-Part')).toBe('one, two');
    expect(await found.text()).toBe(TEXT);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('asks for %s and decodes it', async (coding, encode) => {
    answer = (request, response) => {
      const accepted = String(request.headers['accept-encoding']);
      response.setHeader('content-encoding', accepted.split(', ').includes(coding) ? coding : '');
      response.end(encode(TEXT));
    };
    expect(await (await quickFetch(url, CALL)).text()).toBe(TEXT);
  });

  it('fails for an answer that is not encoded as it says', async () => {
    answer = (_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(TEXT).subarray(0, 20));
    };
    await expect(quickFetch(url, CALL)).rejects.toThrow(/unexpected end of file/);
  });

  it('follows no redirect of a call', async () => {
    answer = (_, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    const found = await quickFetch(url, CALL);
    expect([found.status, found.headers.get('location')]).toEqual([302, '/elsewhere']);
  });

  it.each(['before the call', 'before the answer', 'in the answer'])(
    'stops %s, for the reason of the signal',
    async (when) => {
      const controller = new AbortController();
      const reason = new Error('enough');
      if (when === 'before the call') controller.abort(reason);
      answer = (_, response) => {
        if (when === 'in the answer') response.write('some of it');
        controller.abort(reason);
      };
      await expect(quickFetch(url, { ...CALL, signal: controller.signal })).rejects.toBe(reason);
    },
  );

  it('fails when the connection is cut in the answer', async () => {
    answer = (_, response) => {
      response.write('some of it');
      response.destroy();
    };
    await expect(quickFetch(url, CALL)).rejects.toThrow();
  });

  it('leaves a call that may be redirected to fetch, which follows', async () => {
    answer = (request, response) => {
      if (request.url === '/there') response.end(TEXT);
      else response.writeHead(303, { location: '/there' }).end();
    };
    for (const redirect of [undefined, 'follow'] as const) {
      const found = await quickFetch(url, { ...CALL, redirect });
      expect(await found.text()).toBe(TEXT);
    }
  });

  it('leaves downloads to the stream of fetch', async () => {
    answer = (_, response) => response.end(TEXT);
    const found = await quickFetch(url, { redirect: 'manual' });
    expect(found.body).toBeInstanceOf(ReadableStream);
    expect(await found.text()).toBe(TEXT);
  });
});
