import fc from 'fast-check';
import { calibrated, leastCosine } from './calibration.js';

const low = fc.double({ min: 0, max: 0.9, noNaN: true });
const cosine = fc.double({ min: -1, max: 1, noNaN: true });

describe('the calibrated score', () => {
  it.each([
    [0.1, 0.1, 0],
    [-0.4, 0.1, 0],
    [0.55, 0.1, 0.5],
    [1, 0.1, 1],
    [1.0000001, 0.1, 1],
    [0.3, 0, 0.3],
  ])('of cosine %d above %d is %d', (given, from, score) => {
    expect(calibrated(given, from)).toBe(score);
  });

  it('of equal texts is 1 though 32-bit vectors give a little less', () => {
    expect(calibrated(0.99999988, 0.1)).toBe(1);
  });

  it('stays within 0 to 1 and never falls when the cosine rises', () => {
    fc.assert(
      fc.property(cosine, cosine, low, (a, b, from) => {
        const [less, more] = [calibrated(Math.min(a, b), from), calibrated(Math.max(a, b), from)];
        expect(less).toBeGreaterThanOrEqual(0);
        expect(more).toBeLessThanOrEqual(1);
        expect(more).toBeGreaterThanOrEqual(less);
      }),
    );
  });
});

describe('the least cosine', () => {
  it('lets exactly those pass whose shown score reaches the threshold', () => {
    const threshold = fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100);
    fc.assert(
      fc.property(cosine, threshold, low, (given, minScore, from) => {
        // On the edge itself rounding decides, and either answer is right.
        fc.pre(Math.abs(given - leastCosine(minScore, from)) > 1e-9);
        const passes = given >= leastCosine(minScore, from);
        expect(passes).toBe(calibrated(given, from) >= minScore);
      }),
    );
  });

  it('lets every cosine pass for 0', () => {
    expect(leastCosine(0, 0.1)).toBe(-1);
  });
});
