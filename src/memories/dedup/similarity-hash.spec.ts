import fc from 'fast-check';
import { SimilarityHash } from './similarity-hash.js';

const DIMENSIONS = 64;

/** Numbers from -1 to 1 that depend on the seed alone. */
function* noise(seed: number): Generator<number, never> {
  for (let state = seed * 2 + 1; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}

function vector(values: Iterator<number, never>): Float32Array {
  return Float32Array.from({ length: DIMENSIONS }, () => values.next().value);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function pairsOf(vectors: readonly Float32Array[], minCosine: number): Set<string> {
  const hash = new SimilarityHash(DIMENSIONS, minCosine, vectors.length);
  vectors.forEach((one, at) => hash.set(at, one));
  const all = [...hash.candidates([...vectors.keys()])].flat();
  const names = all.map(({ a, b }) => `${Math.min(a, b)}-${Math.max(a, b)}`);
  expect(new Set(names).size).toBe(names.length);
  return new Set(names);
}

describe('similarity hash', () => {
  it.each([0.6, 0.8, 0.955])('finds nearly all pairs of cosine %d and more', (minCosine) => {
    const values = noise(7);
    const vectors: Float32Array[] = [];
    for (let n = 0; n < 200; n++) {
      const base = vector(values);
      // The second of each two is the first with so much noise that cosines spread from 0.4 to 1.
      const share = (n / 200) * 1.8;
      vectors.push(
        base,
        vector(values).map((value, i) => base[i]! + share * value),
      );
    }
    const found = pairsOf(vectors, minCosine);
    let near = 0;
    let missed = 0;
    for (let n = 0; n < vectors.length; n += 2) {
      if (cosine(vectors[n]!, vectors[n + 1]!) < minCosine) continue;
      near++;
      if (!found.has(`${n}-${n + 1}`)) missed++;
    }
    expect(near).toBeGreaterThan(30);
    expect(missed).toBeLessThanOrEqual(Math.ceil(near * 0.02));
  });

  it('compares few of the pairs that are not near', () => {
    const values = noise(3);
    const vectors = Array.from({ length: 600 }, () => vector(values));
    expect(pairsOf(vectors, 0.955).size).toBe(0);
  });

  it('always brings equal vectors together, at any threshold and scale', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (seed, minCosine, scale) => {
          const one = vector(noise(seed));
          expect(pairsOf([one, one.map((value) => value * scale)], minCosine)).toEqual(
            new Set(['0-1']),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});
