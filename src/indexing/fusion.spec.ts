import fc from 'fast-check';
import { fuse } from './fusion.js';

const cosine = fc.double({ min: -1, max: 1, noNaN: true });
const bm25 = fc.double({ min: 0, max: 100, noNaN: true });
const total = fc.integer({ min: 0, max: 1e9 });

describe('fuse', () => {
  it('follows the measured rule', () => {
    expect(fuse(0.5, 8, 1400)).toBeCloseTo(0.5 + (0.25 * 8) / Math.log(1401), 12);
  });

  it('is the cosine where no word matches, even in an empty collection', () => {
    expect(fuse(0.3, 0, 0)).toBe(0.3);
  });

  it('is a number and never less than the cosine', () => {
    fc.assert(
      fc.property(cosine, bm25, total, (c, b, n) => {
        expect(fuse(c, b, n)).toBeGreaterThanOrEqual(c);
      }),
    );
  });
});
