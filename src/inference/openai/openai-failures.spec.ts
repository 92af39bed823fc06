import { inspect } from 'node:util';
import {
  answersData,
  closeTo,
  fails,
  json,
  KEY,
  ScriptedEndpoint,
  vectors,
  type Answer,
} from './embeddings-endpoint.contract.js';

const endpoint = new ScriptedEndpoint();
beforeAll(() => endpoint.open());
beforeEach(() => endpoint.reset());
afterAll(() => endpoint.close());

describe('OpenAiEmbedder when requests fail', () => {
  const closeSocket: Answer = (_request, _response, incoming) => incoming.socket.destroy();
  const breakOff: Answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"data":[', () => response.destroy());
  };
  const silent: Answer = () => undefined;

  it.each<[string, Record<string, string>, number]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['an HTTP-date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }, 20_000],
    ['milliseconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
  ])('waits the whole Retry-After given as %s after 429', async (_name, headers, wait) => {
    endpoint.script = [fails(429, headers)];
    const [vector] = await endpoint.embedder({ random: () => 0 }).embed(['a cat']);
    expect(vector).toHaveLength(64);
    expect(endpoint.clock.sleeps).toEqual([wait]);
  });

  it('adds jitter to a Retry-After and takes it off its own backoff', async () => {
    endpoint.script = [fails(429, { 'retry-after': '7' }), fails(500)];
    await endpoint.embedder({ random: () => 0.5 }).embed(['a cat']);
    expect(endpoint.clock.sleeps).toEqual([7250, 750]);
  });

  it.each<[string, Answer]>([
    ['500', fails(500)],
    ['503', fails(503)],
    ['408', fails(408)],
    ['a dropped socket', closeSocket],
    ['an answer that breaks off', breakOff],
  ])('repeats after %s', async (_name, failure) => {
    endpoint.script = [failure, failure];
    const [vector] = await endpoint.embedder({ random: () => 1 }).embed(['a cat']);
    expect(vector).toEqual(closeTo((await vectors.embed(['a cat']))[0]!));
    expect(endpoint.received).toHaveLength(3);
    expect(endpoint.clock.sleeps).toEqual([500, 1000]);
  });

  it('repeats when no answer comes in time', async () => {
    endpoint.script = [silent];
    const [vector] = await endpoint
      .embedder({ requestTimeoutMs: 300, random: () => 1 })
      .embed(['a cat']);
    expect(vector).toHaveLength(64);
    expect(endpoint.clock.sleeps[0]).toBe(500);
  });

  it('gives up after five requests and says when to come back', async () => {
    endpoint.script = Array.from({ length: 9 }, () => fails(429, { 'retry-after': '3' }));
    await expect(endpoint.embedder({ random: () => 0 }).embed(['a cat'])).rejects.toMatchObject({
      name: 'AppError',
      code: 'embedder_unavailable',
      retryAfter: 3,
    });
    expect(endpoint.received).toHaveLength(5);
    expect(endpoint.clock.sleeps).toEqual([3000, 3000, 3000, 3000]);
  });

  it('says when to come back, too, where nobody listens', async () => {
    const embedder = endpoint.embedder({ baseUrl: 'http://127.0.0.1:9/v1' });
    await expect(embedder.ready()).rejects.toMatchObject({
      code: 'embedder_unavailable',
      retryAfter: expect.any(Number),
    });
  });

  it('neither waits out a long Retry-After nor calls within it', async () => {
    endpoint.script = [fails(429, { 'retry-after': '3600' })];
    const embedder = endpoint.embedder({ random: () => 0 });
    const start = endpoint.clock.now().getTime();
    await expect(embedder.embed(['a cat'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
      retryAfter: 3600,
    });
    endpoint.clock.advance(600_000);
    await expect(embedder.embed(['a dog'])).rejects.toMatchObject({ retryAfter: 3000 });
    expect(endpoint.received).toHaveLength(1);
    endpoint.clock.advance(2_950_000);
    await embedder.embed(['a dog']);
    expect(endpoint.received.map(({ at }) => at - start)).toEqual([0, 3_600_000]);
  });

  it.each<[string, Answer]>([
    ['a wrong key', fails(401, {}, { message: `Incorrect API key provided: ${KEY}` })],
    ['an unknown model', fails(404)],
    ['a used up account', fails(429, {}, { message: 'quota', code: 'insufficient_quota' })],
    ['too few vectors', answersData([])],
    ['a vector twice', answersData([0, 0].map((index) => ({ index, embedding: [1, 2] })))],
    ['a vector of text', answersData([1, 2].map(() => ({ embedding: ['1', '2'] })))],
    ['a vector that is null', answersData([1, 2].map(() => ({ embedding: null })))],
    ['half a number', answersData([1, 2].map(() => ({ embedding: 'AAAA' })))],
    ['an empty vector', answersData([1, 2].map(() => ({ embedding: [] })))],
    ['no list', (_request, response) => json(response, 200, { ok: true })],
    ['a web page', (_request, response) => void response.end('<html></html>')],
  ])('does not repeat after %s and names no time', async (_name, failure) => {
    endpoint.script = [failure];
    const error = (await endpoint
      .embedder()
      .embed(['a cat', 'a dog'])
      .catch((caught: unknown) => caught)) as Error;
    expect(error).toMatchObject({ name: 'AppError', code: 'embedder_unavailable' });
    expect(error).toMatchObject({ retryAfter: undefined });
    expect(inspect(error, { depth: 20 })).not.toContain(KEY);
    expect(endpoint.received).toHaveLength(1);
  });

  it('refuses vectors of another dimension than the first', async () => {
    const embedder = endpoint.embedder();
    await embedder.ready();
    endpoint.script = [answersData([{ index: 0, embedding: [1, 0, 0] }])];
    await expect(embedder.embed(['a cat'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
      message: 'openai:text-embedding-test answered 3 dimensions, before 64',
    });
    expect(embedder.dimensions).toBe(64);
  });

  it('makes no further request for a call that has failed', async () => {
    endpoint.script = [fails(401)];
    const embedder = endpoint.embedder({ maxInFlight: 1, batches: { maxTexts: 1 } });
    await expect(embedder.embed(['a', 'b', 'c'])).rejects.toMatchObject({ name: 'AppError' });
    await embedder.embed(['d']);
    expect(endpoint.received.map(({ request }) => request.input)).toEqual([['a'], ['d']]);
  });

  it('ends a request under way when the signal aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('the run was cancelled');
    endpoint.script = [() => controller.abort(reason)];
    await expect(endpoint.embedder().embed(['a cat'], controller.signal)).rejects.toBe(reason);
    expect(endpoint.received).toHaveLength(1);
  });

  it('asks again for the dimension after a failed ready()', async () => {
    endpoint.script = [fails(401)];
    const embedder = endpoint.embedder();
    await expect(embedder.ready()).rejects.toMatchObject({ code: 'embedder_unavailable' });
    await embedder.ready();
    expect(embedder.dimensions).toBe(64);
  });
});
