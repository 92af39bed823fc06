import fc from 'fast-check';
import { fromSparsevec, SPARSEVEC_MAX_TERMS, toSparsevec } from './sparsevec.js';

describe('sparsevec literals', () => {
  it('are sorted and count from 1', () => {
    expect(toSparsevec([7, 1], [1.2, 0.5])).toBe('{1:0.5,7:1.2}/1000000000');
    expect(toSparsevec([], [], 5)).toBe('{}/5');
  });

  it('come back as they went, with six decimals', () => {
    const entry = fc.tuple(
      fc.integer({ min: 1, max: 1_000_000_000 }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([id]) => id }), (entries) => {
        const sorted = entries.toSorted((a, b) => a[0] - b[0]);
        const read = fromSparsevec(
          toSparsevec(
            entries.map(([id]) => id),
            entries.map(([, weight]) => weight),
          ),
        );
        expect(read.dimensions).toBe(1_000_000_000);
        expect(read.ids).toEqual(sorted.map(([id]) => id));
        read.weights.forEach((weight, at) => {
          expect(Math.abs(weight / sorted[at]![1] - 1)).toBeLessThan(1e-4);
        });
      }),
    );
  });

  it("keep the heaviest terms of a text with more than pgvector's limit", () => {
    const ids = Array.from({ length: SPARSEVEC_MAX_TERMS + 10 }, (_, at) => at + 1);
    const read = fromSparsevec(toSparsevec(ids, ids));
    expect(read.ids).toHaveLength(SPARSEVEC_MAX_TERMS);
    expect(read.ids[0]).toBe(11);
  });

  it.each([
    ['an id below 1', [0], [1]],
    ['an id beyond the dimensions', [6], [1]],
    ['a repeated id', [2, 2], [1, 1]],
    ['a weight that is no number', [1], [NaN]],
    ['arrays of different length', [1], []],
  ])('refuse %s', (_, ids, weights) => {
    expect(() => toSparsevec(ids, weights, 5)).toThrow(RangeError);
  });

  it.each(['', '[1,2]', '{1:2}', '{1}/5', '{1:x}/5', '{:2}/5'])(
    'cannot be read from %j',
    (text) => {
      expect(() => fromSparsevec(text)).toThrow(RangeError);
    },
  );
});
