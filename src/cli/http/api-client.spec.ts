import { ManualClock } from '../../common/clock.js';
import { RandomIds } from '../../common/ids.js';
import { Secret } from '../../common/secret.js';
import { EXIT } from '../exit-codes.js';
import { ApiClient, path } from './api-client.js';

interface Sent {
  url: string;
  method: string;
  headers: Headers;
  body: unknown;
}

type Reply = Response | Error;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers });

function clientFor(replies: Reply[]) {
  const sent: Sent[] = [];
  const clock = new ManualClock();
  const started = clock.now().getTime();
  const fake = (url: URL, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    sent.push({ url: url.href, method: init.method ?? '', headers, body: init.body });
    const reply = replies.shift();
    if (!reply) throw new Error('one request too many');
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  const stop = new AbortController();
  const client = new ApiClient({
    url: 'http://127.0.0.1:4700/',
    apiKey: new Secret('mv_test'),
    clock,
    ids: new RandomIds(),
    signal: stop.signal,
    fetch: fake as typeof fetch,
  });
  return { client, sent, stop, waited: () => clock.now().getTime() - started };
}

const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });

describe('API client', () => {
  it('says of a port that fetch refuses that the server cannot be reached there', async () => {
    const badPort = new TypeError('fetch failed', { cause: new Error('bad port') });
    const { client } = clientFor([badPort, badPort, badPort, badPort]);
    const error = await client.get('/v1/memory/health').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'server_unreachable', exitCode: EXIT.unavailable });
    expect((error as Error).message).toBe(
      'the server cannot be reached at http://127.0.0.1:4700/: HTTP clients refuse to connect to port 4700',
    );
  });

  it('sends key, query and JSON, and reads JSON', async () => {
    const { client, sent } = clientFor([json(200, [1]), json(201, { id: 'm' })]);
    await expect(client.get('/v1/x', { limit: 3, offset: undefined })).resolves.toEqual([1]);
    await expect(client.post('/v1/y', { text: 'é' })).resolves.toEqual({ id: 'm' });
    expect(sent[0]).toMatchObject({ url: 'http://127.0.0.1:4700/v1/x?limit=3', method: 'GET' });
    expect(sent[0]!.headers.get('authorization')).toBe('Bearer mv_test');
    expect(sent[0]!.headers.has('idempotency-key')).toBe(false);
    expect(sent[1]).toMatchObject({ method: 'POST', body: '{"text":"é"}' });
  });

  it('repeats a write with the key of the first attempt, and each write has its own', async () => {
    const busy = json(503, { detail: 'busy', code: 'database_busy' }, { 'retry-after': '2' });
    const { client, sent, waited } = clientFor([refused, busy, json(200, {}), json(200, {})]);
    await client.post('/v1/x', {});
    await client.delete('/v1/x');
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'));
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(new Set(keys).size).toBe(2);
    expect(waited()).toBe(2500);
  });

  it('throws the code and text of an error answer at once when a repeat cannot help', async () => {
    const answer = { detail: 'There is no run x.', code: 'run_not_found', request_id: 'r' };
    const { client, sent } = clientFor([json(404, answer)]);
    await expect(client.get('/v1/x')).rejects.toMatchObject({
      status: 404,
      code: 'run_not_found',
      message: 'There is no run x.',
      requestId: 'r',
    });
    expect(sent).toHaveLength(1);
  });

  it('names the fields that a validation error is about', async () => {
    const detail = [{ loc: ['body', 'config', 'path'], msg: 'is required', type: 'missing' }];
    const { client } = clientFor([json(422, { detail, code: 'validation_failed' })]);
    await expect(client.post('/v1/x', {})).rejects.toMatchObject({
      message: 'config.path is required',
    });
  });

  it('says which server does not answer', async () => {
    const { client } = clientFor([refused, refused, refused, refused]);
    await expect(client.get('/v1/x')).rejects.toMatchObject({
      code: 'server_unreachable',
      message: 'no server answers at http://127.0.0.1:4700/: ECONNREFUSED',
    });
  });

  it('says that another kind of server answers', async () => {
    const page = new Response('<html>', { headers: { 'content-type': 'text/html' } });
    const { client } = clientFor([page]);
    await expect(client.get('/v1/x')).rejects.toMatchObject({ code: 'unexpected_answer' });
  });

  it('repeats when a proxy answers in the place of the server', async () => {
    const proxy = new Response('<h1>Bad Gateway</h1>', { status: 502 });
    const { client } = clientFor([proxy, json(200, { ok: true })]);
    await expect(client.get('/v1/x')).resolves.toEqual({ ok: true });
  });

  it('stops waiting and sending when the user interrupts', async () => {
    const { client, stop, sent } = clientFor([refused]);
    stop.abort();
    await expect(client.get('/v1/x')).rejects.toMatchObject({ code: 'interrupted' });
    expect(sent).toHaveLength(1);
  });

  it('keeps names from reaching other paths', () => {
    expect(path`/v1/collections/${'../a b?'}/search`).toBe('/v1/collections/..%2Fa%20b%3F/search');
  });
});
