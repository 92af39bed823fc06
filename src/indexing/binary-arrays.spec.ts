import fc from 'fast-check';
import {
  byteaArray,
  intArray,
  sparsevecArray,
  uuidArray,
  vectorArray,
  vectorBytes,
} from './binary-arrays.js';

/** The wire format written down byte by byte, as PostgreSQL documents it. */
const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
};
const array = (type: number, elements: readonly Buffer[]): Buffer =>
  Buffer.concat([
    ...[1, 0, type, elements.length, 1].map(int),
    ...elements.flatMap((element) => [int(element.length), element]),
  ]);
const vector = (values: Float32Array): Buffer => {
  const dimensions = Buffer.alloc(4);
  dimensions.writeInt16BE(values.length, 0);
  return Buffer.concat([dimensions, ...Array.from(values, float)]);
};

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const floats = fc.float32Array({ noNaN: true, minLength: 1, maxLength: 20 });

describe('binary parameters', () => {
  it('hold integers of several lists, one after the other', () => {
    fc.assert(
      fc.property(fc.array(fc.array(int32), { maxLength: 4 }), (lists) => {
        expect(intArray(...lists).equals(array(23, lists.flat().map(int)))).toBe(true);
      }),
    );
  });

  it('hold bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (values) => {
        const expected = array(
          17,
          values.map((value) => Buffer.from(value)),
        );
        expect(byteaArray(values).equals(expected)).toBe(true);
      }),
    );
  });

  it('hold ids', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid()), (ids) => {
        const bytes = ids.map((id) => Buffer.from(id.replaceAll('-', ''), 'hex'));
        expect(uuidArray(ids).equals(array(2950, bytes))).toBe(true);
      }),
    );
  });

  it('hold vectors, alone and in arrays, also those that are parts of larger ones', () => {
    fc.assert(
      fc.property(fc.array(floats), (vectors) => {
        const parts = vectors.map((values) => Float32Array.from([7, ...values]).subarray(1));
        expect(vectorArray(9_999, parts).equals(array(9_999, vectors.map(vector)))).toBe(true);
        for (const part of parts) expect(vectorBytes(part).equals(vector(part))).toBe(true);
      }),
    );
  });

  it('hold sparse vectors, whose indices count from 0', () => {
    const row = fc.uniqueArray(fc.integer({ min: 1, max: 10 ** 9 })).map((terms) => ({
      terms: terms.sort((a, b) => a - b),
      weights: terms.map((_, at) => Math.fround(at / 3)),
    }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const expected = rows.map(({ terms, weights }) =>
          Buffer.concat([
            ...[10 ** 9, terms.length, 0, ...terms.map((term) => term - 1)].map(int),
            ...weights.map(float),
          ]),
        );
        expect(sparsevecArray(8_888, rows).equals(array(8_888, expected))).toBe(true);
      }),
    );
  });
});
