import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../common/clock.js';
import { Secret } from '../common/secret.js';
import { createEmbedder, type EmbeddingSettings } from './embedding-model.js';
import { OpenAiEmbedder } from './openai/openai-embedder.js';
import { StaticEmbedder } from './static/static-embedder.js';

const create = (settings: EmbeddingSettings) =>
  createEmbedder(settings, { clock: new ManualClock() });

describe('createEmbedder', () => {
  it('takes the built-in model for the name builtin', () => {
    expect(create({ model: 'builtin' })).toBeInstanceOf(StaticEmbedder);
  });

  it('takes any other name as a model at the endpoint', () => {
    const apiKey = new Secret('sk-test');
    const remote = create({ model: 'text-embedding-3-small', apiKey });
    expect(remote).toBeInstanceOf(OpenAiEmbedder);
    expect(remote.model).toBe('openai:text-embedding-3-small');
    expect(create({ model: 'BAAI/bge-small-en', baseUrl: 'http://127.0.0.1:9/v1' }).model).toBe(
      'openai:BAAI/bge-small-en',
    );
  });

  it('hands the injected fetch to a remote model', async () => {
    const urls: string[] = [];
    const fetch = (url: unknown): Promise<Response> => {
      urls.push(String(url));
      return Promise.resolve(Response.json({ data: [{ index: 0, embedding: [0, 2] }] }));
    };
    const remote = createEmbedder(
      { model: 'm', baseUrl: 'http://models.test/v1' },
      { clock: new ManualClock(), fetch },
    );
    expect(await remote.embed(['cat'])).toEqual([Float32Array.of(0, 1)]);
    expect(urls).toEqual(['http://models.test/v1/embeddings']);
  });

  it.each([
    ['a path without a folder', join(tmpdir(), 'no-such-model'), 'model_unusable'],
    ['a relative path without a folder', './no-such-model', 'model_unusable'],
    ['a folder without a model', tmpdir(), 'model_unusable'],
    ["a model of OpenAI's without a key", 'text-embedding-3-small', 'configuration_invalid'],
  ])('refuses %s', (_name, model, code) => {
    expect(() => create({ model })).toThrow(expect.objectContaining({ name: 'AppError', code }));
  });
});
