import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../common/clock.js';
import { CONTRACT_WORDS, embedderContract } from '../embedder.contract.js';
import { createEmbedder } from '../embedding-model.js';
import { readSafetensors } from './safetensors.js';
import { StaticEmbedder } from './static-embedder.js';

interface TensorSource {
  dtype: string;
  shape: number[];
  values: ArrayBufferView;
}

const vocabulary = ['[UNK]', ...new Set(CONTRACT_WORDS), 'dog', '##s'];
const DIMENSIONS = 8;
/** Fixed rows with values of an eighth, which every number format of the test holds exactly. */
const rows = vocabulary.flatMap((_, id) =>
  Array.from({ length: DIMENSIONS }, (_, j) => (id === 0 ? 0 : (((id * 7 + j * 5) * 37) % 17) - 8)),
);

function safetensors(tensors: Record<string, TensorSource>, padding = 0): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'np' } };
  for (const [name, { dtype, shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header) + ' '.repeat(padding));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const data = Object.values(tensors).map(({ values }) => Buffer.from(values.buffer));
  return Buffer.concat([length, json, ...data]);
}

const tokenizer = (model: object = {}): object => ({
  added_tokens: [{ id: 0, content: '[UNK]', special: true }],
  normalizer: { type: 'BertNormalizer', lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  model: {
    type: 'WordPiece',
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    ...model,
  },
});

const int8: TensorSource = {
  dtype: 'I8',
  shape: [vocabulary.length, DIMENSIONS],
  values: Int8Array.from(rows),
};

const folders: string[] = [];
function modelFolder(
  weights: Buffer | string,
  tokenizerJson: object | string = tokenizer(),
): string {
  const folder = mkdtempSync(join(tmpdir(), 'model2vec-'));
  folders.push(folder);
  writeFileSync(join(folder, 'model.safetensors'), weights);
  const json = typeof tokenizerJson === 'string' ? tokenizerJson : JSON.stringify(tokenizerJson);
  writeFileSync(join(folder, 'tokenizer.json'), json);
  return folder;
}

const load = (weights: Buffer | string, tokenizerJson?: object | string): StaticEmbedder =>
  new StaticEmbedder({ folder: modelFolder(weights, tokenizerJson), model: 'model2vec:test' });

afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

embedderContract("a user's Model2Vec folder", () =>
  createEmbedder(
    { model: modelFolder(safetensors({ embeddings: int8 })) },
    { clock: new SystemClock() },
  ),
);

describe('StaticEmbedder', () => {
  const text = 'The cats sat on the dog';
  const half = (value: number): number => {
    const magnitude = Math.abs(value);
    if (magnitude === 0) return 0;
    const exponent = Math.floor(Math.log2(magnitude));
    const fraction = Math.round((magnitude / 2 ** exponent - 1) * 1024);
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | fraction;
  };

  it.each<[string, Record<string, TensorSource>, number]>([
    ['F32', { embeddings: { ...int8, dtype: 'F32', values: Float32Array.from(rows) } }, 0],
    [
      'F32 off its alignment',
      { embeddings: { ...int8, dtype: 'F32', values: Float32Array.from(rows) } },
      1,
    ],
    ['F64', { embeddings: { ...int8, dtype: 'F64', values: Float64Array.from(rows) } }, 3],
    ['F16', { embeddings: { ...int8, dtype: 'F16', values: Uint16Array.from(rows, half) } }, 0],
    ['the name embedding.weight', { 'embedding.weight': int8 }, 0],
  ])('reads %s as it reads int8', async (_name, tensors, padding) => {
    const [expected] = await load(safetensors({ embeddings: int8 })).embed([text]);
    const [vector] = await load(safetensors(tensors, padding)).embed([text]);
    vector!.forEach((value, i) => expect(value).toBeCloseTo(expected![i]!, 6));
  });

  it.each(['F32', 'F64', 'F16'])(
    'multiplies rows by %s weights of the token ids',
    async (dtype) => {
      const weights = vocabulary.map((_, id) => (id % 3) + 0.5);
      const values = {
        F32: Float32Array.from(weights),
        F64: Float64Array.from(weights),
        F16: Uint16Array.from(weights, half),
      }[dtype]!;
      const weighted = rows.map((value, i) => value * weights[Math.floor(i / DIMENSIONS)]!);
      const [expected] = await load(
        safetensors({ embeddings: { ...int8, dtype: 'F32', values: Float32Array.from(weighted) } }),
      ).embed([text]);
      const shape = [vocabulary.length];
      const [vector] = await load(
        safetensors({ weights: { dtype, shape, values }, embeddings: int8 }),
      ).embed([text]);
      vector!.forEach((value, i) => expect(value).toBeCloseTo(expected![i]!, 6));
    },
  );

  it.each(['I32', 'I64'])('finds rows through an %s mapping', async (dtype) => {
    const last = vocabulary.length - 1;
    const reversed: number[] = [];
    for (let id = last; id >= 0; id--) reversed.push(...rows.slice(id * 8, id * 8 + 8));
    const mapping = vocabulary.map((_, id) => last - id);
    const values = dtype === 'I32' ? Int32Array.from(mapping) : BigInt64Array.from(mapping, BigInt);
    const [expected] = await load(safetensors({ embeddings: int8 })).embed([text]);
    const [vector] = await load(
      safetensors({
        mapping: { dtype, shape: [mapping.length], values },
        embeddings: { ...int8, values: Int8Array.from(reversed) },
      }),
    ).embed([text]);
    expect(vector).toEqual(expected);
  });

  it('has the same vectors for many texts, made in its thread, as for one', async () => {
    const shape = [vocabulary.length];
    const last = vocabulary.length - 1;
    const mapping = BigInt64Array.from(vocabulary, (_, id) => BigInt(last - id));
    const embedder = load(
      safetensors({
        embeddings: { ...int8, dtype: 'F16', values: Uint16Array.from(rows, half) },
        weights: {
          dtype: 'F64',
          shape,
          values: Float64Array.from(vocabulary, (_, id) => id + 0.5),
        },
        mapping: { dtype: 'I64', shape, values: mapping },
      }),
    );
    const texts = Array.from({ length: 100 }, (_, n) => `${'cat dog '.repeat(20 + n)}${text}`);
    const together = await embedder.embed(texts);
    for (const [n, vector] of together.entries())
      expect(vector).toEqual((await embedder.embed([texts[n]!]))[0]);
  });

  it('takes another name when the weights under the same path change', () => {
    const folder = modelFolder(safetensors({ embeddings: int8 }));
    const name = (): string =>
      createEmbedder({ model: folder }, { clock: new SystemClock() }).model;
    const before = name();
    expect(name()).toBe(before);
    const changed = { ...int8, values: Int8Array.from(rows, (value) => -value) };
    writeFileSync(join(folder, 'model.safetensors'), safetensors({ embeddings: changed }));
    expect(name()).not.toBe(before);
  });

  it('loads a folder that was repaired after a first failure', async () => {
    const folder = modelFolder('nothing');
    const embedder = new StaticEmbedder({ folder, model: 'model2vec:test' });
    await expect(embedder.ready()).rejects.toMatchObject({ code: 'model_unusable' });
    writeFileSync(join(folder, 'model.safetensors'), safetensors({ embeddings: int8 }));
    await embedder.ready();
    expect(embedder.dimensions).toBe(DIMENSIONS);
  });

  const good = safetensors({ embeddings: int8 });
  const tooMany = tokenizer({ vocab: { '[UNK]': 0, cat: vocabulary.length } });
  const blank = { ...tokenizer(), added_tokens: [{ id: 0, content: 'a b', special: true }] };
  const mapped = { dtype: 'I32', shape: [1], values: Int32Array.of(vocabulary.length) };
  const weighted = { dtype: 'F32', shape: [1], values: Float32Array.of(1) };
  it.each<[string, Buffer | string, object | string]>([
    ['weights that are no safetensors file', '<html>not found</html>', tokenizer()],
    ['a file without embeddings', safetensors({ other: int8 }), tokenizer()],
    [
      'one-dimensional embeddings',
      safetensors({ embeddings: { ...int8, shape: [rows.length] } }),
      tokenizer(),
    ],
    [
      'integer weights',
      safetensors({ embeddings: int8, weights: { ...int8, shape: [rows.length] } }),
      tokenizer(),
    ],
    ['too few weights', safetensors({ embeddings: int8, weights: weighted }), tokenizer()],
    [
      'a mapping outside the table',
      safetensors({ embeddings: int8, mapping: mapped }),
      tokenizer(),
    ],
    ['a vocabulary larger than the table', good, tooMany],
    ['a Unigram tokenizer', good, tokenizer({ type: 'Unigram', vocab: [['a', -1]] })],
    ['a BPE tokenizer', good, tokenizer({ type: 'BPE' })],
    ['another normalizer', good, { ...tokenizer(), normalizer: { type: 'Lowercase' } }],
    ['added tokens with blanks', good, blank],
    ['a tokenizer that is no JSON', good, '{"model":'],
  ])('refuses %s as model_unusable', async (_name, weights, tokenizerJson) => {
    await expect(load(weights, tokenizerJson).ready()).rejects.toMatchObject({
      name: 'AppError',
      code: 'model_unusable',
    });
  });

  it('refuses a folder without the files as model_unusable', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'model2vec-'));
    folders.push(folder);
    const embedder = new StaticEmbedder({ folder, model: 'model2vec:test' });
    await expect(embedder.ready()).rejects.toMatchObject({ code: 'model_unusable' });
    expect(() => embedder.countTokens('cat')).toThrow(
      expect.objectContaining({ code: 'model_unusable' }),
    );
  });
});

describe('readSafetensors', () => {
  const withHeader = (header: string, data = 0): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
    return Buffer.concat([length, Buffer.from(header), Buffer.alloc(data)]);
  };

  it('gives back what was written, whatever the padding of the header', () => {
    fc.assert(
      fc.property(fc.int8Array({ minLength: 1 }), fc.nat(16), (values, padding) => {
        const tensors = { a: { dtype: 'I8', shape: [values.length, 1], values: values.slice() } };
        const read = readSafetensors(safetensors(tensors, padding)).get('a');
        expect(read?.shape).toEqual([values.length, 1]);
        expect(new Int8Array(new Uint8Array(read!.bytes).buffer)).toEqual(values);
      }),
    );
  });

  it('leaves out tensors of types that no model uses', () => {
    const header = '{"x":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}';
    expect(readSafetensors(withHeader(header, 1)).size).toBe(0);
  });

  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['a header longer than the file', Buffer.concat([Buffer.alloc(8, 0x7f), Buffer.from('{}')])],
    ['a header that is no JSON', withHeader('{"a":')],
    ['a header that is a list', withHeader('[]')],
    [
      'a header that is not UTF-8',
      Buffer.concat([withHeader('xx').subarray(0, 8), Buffer.of(0xff, 0xfe)]),
    ],
    ['a tensor without a shape', withHeader('{"a":{"dtype":"I8","data_offsets":[0,1]}}', 1)],
    [
      'offsets outside the file',
      withHeader('{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}', 1),
    ],
    [
      'offsets that go backwards',
      withHeader('{"a":{"dtype":"I8","shape":[1],"data_offsets":[1,0]}}', 1),
    ],
    [
      'a shape that the offsets contradict',
      withHeader('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4),
    ],
  ])('refuses %s as model_unusable', (_name, file) => {
    expect(() => readSafetensors(file)).toThrow(
      expect.objectContaining({ code: 'model_unusable' }),
    );
  });

  it('never fails in another way, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(120), (bytes, headerBytes) => {
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(headerBytes));
        try {
          readSafetensors(Buffer.concat([length, bytes]));
        } catch (error) {
          expect(error).toMatchObject({ code: 'model_unusable' });
        }
      }),
    );
  });
});
