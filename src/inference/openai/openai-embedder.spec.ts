import { inspect } from 'node:util';
import { Secret } from '../../common/secret.js';
import { embedderContract } from '../embedder.contract.js';
import { createEmbedder } from '../embedding-model.js';
import {
  answersData,
  closeTo,
  fails,
  KEY,
  MODEL,
  ScriptedEndpoint,
  vectors,
  vectorsOf,
} from './embeddings-endpoint.contract.js';

const endpoint = new ScriptedEndpoint();
beforeAll(() => endpoint.open());
beforeEach(() => endpoint.reset());
afterAll(() => endpoint.close());

embedderContract('an OpenAI-compatible endpoint', () => {
  const { baseUrl, clock } = endpoint;
  return createEmbedder({ model: MODEL, apiKey: new Secret(KEY), baseUrl }, { clock });
});

describe('OpenAiEmbedder', () => {
  it('sends the model, base64 and the key', async () => {
    const embedder = endpoint.embedder();
    await embedder.embed(['a cat']);
    expect(embedder.model).toBe('openai:text-embedding-test');
    expect(endpoint.received).toEqual([
      {
        request: { input: ['a cat'], model: 'text-embedding-test', encoding_format: 'base64' },
        authorization: `Bearer ${KEY}`,
        at: expect.any(Number),
      },
    ]);
  });

  it('sends no authorization without a key', async () => {
    await endpoint.embedder({ apiKey: undefined }).embed(['a cat']);
    expect(endpoint.received[0]!.authorization).toBeUndefined();
  });

  it('asks once for the dimension, and not at all after an answer', async () => {
    const embedder = endpoint.embedder();
    expect(() => embedder.dimensions).toThrow('ready()');
    await Promise.all([embedder.ready(), embedder.ready()]);
    expect(endpoint.received).toHaveLength(1);
    await embedder.embed(['a cat']);
    await embedder.ready();
    expect(endpoint.received).toHaveLength(2);
  });

  it('sends at most 256 texts and the token budget in one request', async () => {
    await endpoint.embedder().embed(Array.from({ length: 600 }, (_, i) => `text ${i}`));
    expect(endpoint.received.map(({ request }) => request.input.length).toSorted()).toEqual([
      256, 256, 88,
    ]);
    endpoint.received = [];
    const limited = endpoint.embedder({ batches: { maxTokens: 100 } });
    await limited.embed(['x'.repeat(240), 'y'.repeat(160), 'z'.repeat(160), 'w'.repeat(800)]);
    expect(
      endpoint.received.map(({ request }) => request.input.map((text) => text[0])).toSorted(),
    ).toEqual([['w'], ['x', 'y'], ['z']]);
  });

  it('does not send blank texts', async () => {
    await endpoint.embedder().embed(['', 'a cat', '  ']);
    expect(endpoint.received.map(({ request }) => request.input)).toEqual([['a cat']]);
  });

  it('sends the beginning of a text that is longer than models take, in whole characters', async () => {
    await endpoint.embedder().embed(['x'.repeat(100_000), '👍'.repeat(10_000)]);
    const [ascii, emoji] = endpoint.received[0]!.request.input;
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
    const embedder = endpoint.embedder({
      maxInFlight: 2,
      batches: { maxTexts: 1 },
      fetch: counting,
    });
    const texts = ['a', 'b', 'c', 'd'];
    const [first] = await Promise.all([embedder.embed(texts), embedder.embed(texts)]);
    expect(first).toEqual(await vectors.embed(texts).then((all) => all.map(closeTo)));
    expect(endpoint.received).toHaveLength(8);
    expect(peak).toBe(2);
  });

  it('reads floats where base64 was asked for, and vectors out of order', async () => {
    const [cat, dog] = await vectorsOf(['cat', 'dog']);
    endpoint.script = [
      answersData([
        { index: 1, embedding: dog },
        { index: 0, embedding: cat },
      ]),
    ];
    const expected = await vectors.embed(['cat', 'dog']);
    expect(await endpoint.embedder().embed(['cat', 'dog'])).toEqual(expected.map(closeTo));
  });

  it('asks for floats from then on where the endpoint refuses base64', async () => {
    endpoint.script = [fails(400, {}, { message: "unknown value 'base64' for encoding_format" })];
    const embedder = endpoint.embedder();
    await embedder.embed(['a cat']);
    await embedder.embed(['a dog']);
    const formats = endpoint.received.map(({ request }) => request.encoding_format);
    expect(formats).toEqual(['base64', 'float', 'float']);
  });

  it('shows its key nowhere', async () => {
    const embedder = endpoint.embedder();
    await embedder.ready();
    expect(inspect(embedder, { depth: 20, showHidden: true })).not.toContain(KEY);
    expect(JSON.stringify(embedder)).not.toContain(KEY);
  });
});
