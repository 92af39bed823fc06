import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { ManualClock } from '../../common/clock.js';
import { Secret } from '../../common/secret.js';
import { embedderContract } from '../embedder.contract.js';
import { createEmbedder } from '../embedding-model.js';
import { FakeEmbedder } from '../fake.embedder.js';
import { OpenAiEmbedder, type OpenAiEmbedderOptions } from './openai-embedder.js';

const KEY = 'sk-planted-0123456789';

interface Request {
  input: string[];
  model: string;
  encoding_format: string;
}
type Answer = (request: Request, response: ServerResponse, incoming: IncomingMessage) => void;

/** A clock that stands still except in `sleep`, and remembers the sleeps. */
class RecordingClock extends ManualClock {
  readonly sleeps: number[] = [];

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    return super.sleep(ms, signal);
  }
}

const vectors = new FakeEmbedder(64);
let server: Server;
let baseUrl: string;
let clock: RecordingClock;
/** Answers for the next requests; afterwards `answerRight`. */
let script: Answer[];
let received: { request: Request; authorization?: string; at: number }[];

const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};
const fails =
  (status: number, headers = {}, error: object = { message: `status ${status}` }): Answer =>
  (_request, response) =>
    json(response, status, { error }, headers);

async function vectorsOf(texts: string[]): Promise<number[][]> {
  const unit = await vectors.embed(texts);
  return unit.map((vector) => Array.from(vector, (value) => value * 3));
}
/** Matches a vector within what f32 loses on the way. */
const closeTo = (vector: Float32Array): unknown => ({
  asymmetricMatch: (other: Float32Array) =>
    other.length === vector.length && other.every((v, i) => Math.abs(v - vector[i]!) < 1e-6),
  toString: () => 'a vector close to another',
});
const base64 = (numbers: number[]): string =>
  Buffer.from(Float32Array.from(numbers).buffer).toString('base64');

const answerRight: Answer = (request, response) => {
  void vectorsOf(request.input).then((lists) => {
    const isBase64 = request.encoding_format === 'base64';
    const data = lists.map((numbers, index) => ({
      object: 'embedding',
      index,
      embedding: isBase64 ? base64(numbers) : numbers,
    }));
    json(response, 200, { object: 'list', model: request.model, data, usage: {} });
  });
};
const answersData =
  (data: unknown): Answer =>
  (_request, response) =>
    json(response, 200, { object: 'list', data });

async function read(incoming: IncomingMessage): Promise<Request> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as Request;
}

beforeAll(async () => {
  server = createServer((incoming, response) => {
    void read(incoming).then((request) => {
      const { authorization } = incoming.headers;
      received.push({ request, authorization, at: clock.now().getTime() });
      (script.shift() ?? answerRight)(request, response, incoming);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
beforeEach(() => {
  clock = new RecordingClock();
  script = [];
  received = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const make = (options: Partial<OpenAiEmbedderOptions> = {}): OpenAiEmbedder =>
  new OpenAiEmbedder({
    model: 'text-embedding-test',
    apiKey: new Secret(KEY),
    baseUrl,
    clock,
    ...options,
  });

embedderContract('an OpenAI-compatible endpoint', () =>
  createEmbedder({ model: 'text-embedding-test', apiKey: new Secret(KEY), baseUrl }, { clock }),
);

describe('OpenAiEmbedder', () => {
  it('sends the model, base64 and the key', async () => {
    const embedder = make();
    await embedder.embed(['a cat']);
    expect(embedder.model).toBe('openai:text-embedding-test');
    expect(received).toEqual([
      {
        request: { input: ['a cat'], model: 'text-embedding-test', encoding_format: 'base64' },
        authorization: `Bearer ${KEY}`,
        at: expect.any(Number),
      },
    ]);
  });

  it('sends no authorization without a key', async () => {
    await make({ apiKey: undefined }).embed(['a cat']);
    expect(received[0]!.authorization).toBeUndefined();
  });

  it('asks once for the dimension, and not at all after an answer', async () => {
    const embedder = make();
    expect(() => embedder.dimensions).toThrow('ready()');
    await Promise.all([embedder.ready(), embedder.ready()]);
    expect(received).toHaveLength(1);
    await embedder.embed(['a cat']);
    await embedder.ready();
    expect(received).toHaveLength(2);
  });

  it('sends at most 256 texts and the token budget in one request', async () => {
    await make().embed(Array.from({ length: 600 }, (_, i) => `text ${i}`));
    expect(received.map(({ request }) => request.input.length).toSorted()).toEqual([256, 256, 88]);
    received = [];
    const limited = make({ batches: { maxTokens: 100 } });
    await limited.embed(['x'.repeat(240), 'y'.repeat(160), 'z'.repeat(160), 'w'.repeat(800)]);
    expect(received.map(({ request }) => request.input.map((text) => text[0])).toSorted()).toEqual([
      ['w'],
      ['x', 'y'],
      ['z'],
    ]);
  });

  it('does not send blank texts', async () => {
    await make().embed(['', 'a cat', '  ']);
    expect(received.map(({ request }) => request.input)).toEqual([['a cat']]);
  });

  it('sends the beginning of a text that is longer than models take, in whole characters', async () => {
    await make().embed(['x'.repeat(100_000), '👍'.repeat(10_000)]);
    const [ascii, emoji] = received[0]!.request.input;
    expect(ascii).toBe('x'.repeat(32_000));
    expect(emoji).toBe('👍'.repeat(4_000));
  });

  it('keeps only so many requests under way, over all callers', async () => {
    let running = 0;
    let peak = 0;
    const counting: typeof fetch = async (...request) => {
      peak = Math.max(peak, ++running);
      return await fetch(...request).finally(() => running--);
    };
    const embedder = make({ maxInFlight: 2, batches: { maxTexts: 1 }, fetch: counting });
    const texts = ['a', 'b', 'c', 'd'];
    const [first] = await Promise.all([embedder.embed(texts), embedder.embed(texts)]);
    expect(first).toEqual(await vectors.embed(texts).then((all) => all.map(closeTo)));
    expect(received).toHaveLength(8);
    expect(peak).toBe(2);
  });

  it('reads floats where base64 was asked for, and vectors out of order', async () => {
    const [cat, dog] = await vectorsOf(['cat', 'dog']);
    script = [
      answersData([
        { index: 1, embedding: dog },
        { index: 0, embedding: cat },
      ]),
    ];
    const expected = await vectors.embed(['cat', 'dog']);
    expect(await make().embed(['cat', 'dog'])).toEqual(expected.map(closeTo));
  });

  it('asks for floats from then on where the endpoint refuses base64', async () => {
    script = [fails(400, {}, { message: "unknown value 'base64' for encoding_format" })];
    const embedder = make();
    await embedder.embed(['a cat']);
    await embedder.embed(['a dog']);
    const formats = received.map(({ request }) => request.encoding_format);
    expect(formats).toEqual(['base64', 'float', 'float']);
  });

  it('shows its key nowhere', async () => {
    const embedder = make();
    await embedder.ready();
    expect(inspect(embedder, { depth: 20, showHidden: true })).not.toContain(KEY);
    expect(JSON.stringify(embedder)).not.toContain(KEY);
  });
});

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
    script = [fails(429, headers)];
    const [vector] = await make({ random: () => 0 }).embed(['a cat']);
    expect(vector).toHaveLength(64);
    expect(clock.sleeps).toEqual([wait]);
  });

  it('adds jitter to a Retry-After and takes it off its own backoff', async () => {
    script = [fails(429, { 'retry-after': '7' }), fails(500)];
    await make({ random: () => 0.5 }).embed(['a cat']);
    expect(clock.sleeps).toEqual([7250, 750]);
  });

  it.each<[string, Answer]>([
    ['500', fails(500)],
    ['503', fails(503)],
    ['408', fails(408)],
    ['a dropped socket', closeSocket],
    ['an answer that breaks off', breakOff],
  ])('repeats after %s', async (_name, failure) => {
    script = [failure, failure];
    const [vector] = await make({ random: () => 1 }).embed(['a cat']);
    expect(vector).toEqual(closeTo((await vectors.embed(['a cat']))[0]!));
    expect(received).toHaveLength(3);
    expect(clock.sleeps).toEqual([500, 1000]);
  });

  it('repeats when no answer comes in time', async () => {
    script = [silent];
    const [vector] = await make({ requestTimeoutMs: 300, random: () => 1 }).embed(['a cat']);
    expect(vector).toHaveLength(64);
    expect(clock.sleeps[0]).toBe(500);
  });

  it('gives up after five requests and says when to come back', async () => {
    script = Array.from({ length: 9 }, () => fails(429, { 'retry-after': '3' }));
    await expect(make({ random: () => 0 }).embed(['a cat'])).rejects.toMatchObject({
      name: 'AppError',
      code: 'embedder_unavailable',
      retryAfter: 3,
    });
    expect(received).toHaveLength(5);
    expect(clock.sleeps).toEqual([3000, 3000, 3000, 3000]);
  });

  it('says when to come back, too, where nobody listens', async () => {
    const embedder = make({ baseUrl: 'http://127.0.0.1:9/v1' });
    await expect(embedder.ready()).rejects.toMatchObject({
      code: 'embedder_unavailable',
      retryAfter: expect.any(Number),
    });
  });

  it('neither waits out a long Retry-After nor calls within it', async () => {
    script = [fails(429, { 'retry-after': '3600' })];
    const embedder = make({ random: () => 0 });
    const start = clock.now().getTime();
    await expect(embedder.embed(['a cat'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
      retryAfter: 3600,
    });
    clock.advance(600_000);
    await expect(embedder.embed(['a dog'])).rejects.toMatchObject({ retryAfter: 3000 });
    expect(received).toHaveLength(1);
    clock.advance(2_950_000);
    await embedder.embed(['a dog']);
    expect(received.map(({ at }) => at - start)).toEqual([0, 3_600_000]);
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
    script = [failure];
    const error = (await make()
      .embed(['a cat', 'a dog'])
      .catch((caught: unknown) => caught)) as Error;
    expect(error).toMatchObject({ name: 'AppError', code: 'embedder_unavailable' });
    expect(error).toMatchObject({ retryAfter: undefined });
    expect(inspect(error, { depth: 20 })).not.toContain(KEY);
    expect(received).toHaveLength(1);
  });

  it('refuses vectors of another dimension than the first', async () => {
    const embedder = make();
    await embedder.ready();
    script = [answersData([{ index: 0, embedding: [1, 0, 0] }])];
    await expect(embedder.embed(['a cat'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
      message: 'openai:text-embedding-test answered 3 dimensions, before 64',
    });
    expect(embedder.dimensions).toBe(64);
  });

  it('makes no further request for a call that has failed', async () => {
    script = [fails(401)];
    const embedder = make({ maxInFlight: 1, batches: { maxTexts: 1 } });
    await expect(embedder.embed(['a', 'b', 'c'])).rejects.toMatchObject({ name: 'AppError' });
    await embedder.embed(['d']);
    expect(received.map(({ request }) => request.input)).toEqual([['a'], ['d']]);
  });

  it('ends a request under way when the signal aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('the run was cancelled');
    script = [() => controller.abort(reason)];
    await expect(make().embed(['a cat'], controller.signal)).rejects.toBe(reason);
    expect(received).toHaveLength(1);
  });

  it('asks again for the dimension after a failed ready()', async () => {
    script = [fails(401)];
    const embedder = make();
    await expect(embedder.ready()).rejects.toMatchObject({ code: 'embedder_unavailable' });
    await embedder.ready();
    expect(embedder.dimensions).toBe(64);
  });
});
