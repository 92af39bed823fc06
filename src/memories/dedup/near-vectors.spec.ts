import fc from 'fast-check';
import { NearVectors } from './near-vectors.js';

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

function filled(vectors: readonly Float32Array[], minCosine: number, group = (_: number) => 0) {
  const near = new NearVectors(DIMENSIONS, minCosine, vectors.length);
  vectors.forEach((one, at) => near.add(at, group(at), one));
  return near;
}

describe('near vectors', () => {
  it.each([0.5, 0.8, 0.955])('find nearly all of cosine %d and more, and none below', (least) => {
    const values = noise(7);
    const vectors: Float32Array[] = [];
    for (let n = 0; n < 300; n++) {
      const base = vector(values);
      // The second of each two is the first with so much noise that cosines spread from 0.4 to 1.
      const share = (n / 300) * 1.8;
      vectors.push(
        base,
        vector(values).map((value, i) => base[i]! + share * value),
      );
    }
    const near = filled(vectors, least);
    let expected = 0;
    let missed = 0;
    for (let n = 0; n < vectors.length; n += 2) {
      const found = near.take(n);
      for (const { at, cosine: told } of found) {
        expect(Math.abs(told - cosine(vectors[n]!, vectors[at]!))).toBeLessThan(0.005);
        expect(told).toBeGreaterThanOrEqual(least);
      }
      if (cosine(vectors[n]!, vectors[n + 1]!) < least + 0.005) continue;
      expected++;
      if (!found.some(({ at }) => at === n + 1)) missed++;
    }
    expect(expected).toBeGreaterThan(40);
    expect(missed).toBeLessThanOrEqual(Math.ceil(expected * 0.02));
  });

  it('always find an equal vector, at any threshold and scale, once', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.double({ min: 0.1, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        (seed, least, scale) => {
          const one = vector(noise(seed));
          const near = filled([one, one.map((value) => value * scale)], least);
          expect(near.take(0)).toEqual([{ at: 1, cosine: expect.closeTo(1, 5) }]);
          expect(near.take(1)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('answer nothing that was taken or removed before', () => {
    const one = vector(noise(1));
    const near = filled([one, one, one, one], 0.9);
    near.remove(1);
    expect(near.take(0).map(({ at }) => at)).toEqual([2, 3]);
    expect(near.take(2).map(({ at }) => at)).toEqual([3]);
    expect(near.take(0)).toEqual([]);
  });

  it('keep groups apart, and take the zero vector for near to nothing', () => {
    const one = vector(noise(1));
    expect(
      filled([one, one, one], 0.9, (at) => at % 2)
        .take(0)
        .map(({ at }) => at),
    ).toEqual([2]);
    const zero = new Float32Array(DIMENSIONS);
    expect(filled([zero, zero], 0.1).take(0)).toEqual([]);
  });
});
