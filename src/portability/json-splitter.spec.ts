import fc from 'fast-check';
import { JsonSplitter, type JsonPart } from './json-splitter.js';

const NO_LIMIT = 1024 * 1024;

/** Feeds the bytes in chunks of the given sizes, in turn, and overwrites each one afterwards. */
function split(bytes: Uint8Array, sizes: readonly number[], maxBytes = NO_LIMIT): JsonPart[] {
  const splitter = new JsonSplitter(maxBytes);
  const parts: JsonPart[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const chunk = Buffer.from(bytes.subarray(at, at + sizes[turn % sizes.length]!));
    parts.push(...splitter.push(chunk));
    chunk.fill(0x22);
    at += chunk.length;
  }
  splitter.end();
  return parts;
}

/** The object again, by the rule of `JSON.parse` that the last of equal keys counts. */
function joined(parts: readonly JsonPart[]): unknown {
  const fields = new Map<string, unknown>();
  for (const part of parts) {
    if (part.kind === 'array') fields.set(part.key, []);
    else if (part.kind === 'value') fields.set(part.key, part.value);
    else (fields.get(part.key) as unknown[]).push(part.value);
  }
  return Object.fromEntries(fields);
}

function failure(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const text = fc.string({ unit: 'binary' });
const special = fc.constantFrom('"', '\\', '\\"', '[{', '}]', ',', ':', 'é😀\u2028', '\u0001\n\t');
const strings = fc.oneof(text, special);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(strings, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(strings, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
const objects = fc.dictionary(strings, value, { maxKeys: 6, noNullPrototype: true });
const texts = fc
  .tuple(objects, fc.constantFrom('', ' ', '\r\n\t'))
  .map(([object, indent]) => Buffer.from(JSON.stringify(object, null, indent)));
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe('splitting a JSON object', () => {
  it('gives what JSON.parse gives, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(texts, sizes, (bytes, cuts) => {
        const expected = JSON.stringify(JSON.parse(bytes.toString()));
        expect(JSON.stringify(joined(split(bytes, cuts)))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what JSON.parse refuses and nothing else', () => {
    const byte = fc.oneof(
      fc.constantFrom(...Buffer.from('{}[]",:\\ 01-.eE+tfnu\n')),
      fc.nat({ max: 255 }),
    );
    const change = fc.record({ at: fc.nat(), drop: fc.nat({ max: 2 }), add: fc.array(byte) });
    fc.assert(
      fc.property(texts, change, sizes, (bytes, { at, drop, add }, cuts) => {
        const broken = Buffer.from(bytes);
        const from = at % (bytes.length + 1);
        const changed = Buffer.concat([
          broken.subarray(0, from),
          Buffer.from(add.slice(0, 2)),
          broken.subarray(from + drop),
        ]);
        expect(outcome(() => joined(split(changed, cuts)))).toBe(outcome(() => parsed(changed)));
      }),
      { numRuns: 2000 },
    );
  });

  it('hands elements on before the array ends, with their sizes', () => {
    const splitter = new JsonSplitter(NO_LIMIT);
    const parts = [...splitter.push(Buffer.from('{"memories": [ {"a": 1} , "é", [[]], 2'))];
    expect(parts).toEqual([
      { kind: 'array', key: 'memories' },
      { kind: 'element', key: 'memories', index: 0, value: { a: 1 }, bytes: 8 },
      { kind: 'element', key: 'memories', index: 1, value: 'é', bytes: 4 },
      { kind: 'element', key: 'memories', index: 2, value: [[]], bytes: 4 },
    ]);
  });

  it('holds no more than one value of the allowed size', () => {
    const fits = Buffer.from(`{"a":"${'x'.repeat(8)}","b":[${'"12345678",'.repeat(100)}0]}`);
    expect(split(fits, [7], 10)).toHaveLength(103);
    const cases: [string, (string | number)[]][] = [
      ['{"b":["12345678","1234567890', ['body', 'b', 1]],
      ['{"b":["12345678"],"a":{"key":1234', ['body', 'a']],
      ['{"1234567890', ['body']],
    ];
    for (const [unfinished, loc] of cases) {
      expect(failure(() => split(Buffer.from(unfinished), [3], 10))).toMatchObject({
        code: 'validation_failed',
        issues: [{ loc, msg: 'may have at most 10 bytes', type: 'too_long' }],
      });
    }
  });

  it.each(['[]', '"text"', '12', 'null'])('wants an object, not %s', (json) => {
    expect(failure(() => split(Buffer.from(json), [1]))).toMatchObject({
      code: 'validation_failed',
      issues: [{ loc: ['body'], type: 'object_type' }],
    });
  });

  it.each([
    ['{"memories":[{"text":"a"},{"text":b}]}', /body\.memories\.1: /],
    ['{"memories":[1,2]', /ends before its time/],
    ['{"a":1} x', /unexpected "x" at byte 8/],
    ['', /ends before its time/],
  ])('says where %s is wrong', (json, message) => {
    expect(failure(() => split(Buffer.from(json), [4]))).toMatchObject({
      code: 'bad_json',
      message: expect.stringMatching(message),
    });
  });
});

function parsed(bytes: Uint8Array): unknown {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const result: unknown = JSON.parse(decoder.decode(bytes));
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw new Error('no object');
  }
  return result;
}

function outcome(work: () => unknown): string {
  try {
    return JSON.stringify(work());
  } catch {
    return 'refused';
  }
}
