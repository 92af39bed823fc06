/**
 * Random-hyperplane hashing (M. Charikar, "Similarity estimation techniques from rounding
 * algorithms", STOC 2002): each bit says on which side of a random plane a vector lies, so two
 * vectors agree in a share of 1 - angle / pi of their bits.
 */
export const SKETCH_BITS = 512;
const WORDS = SKETCH_BITS / 32;

/** The share of bits in which two vectors of that cosine agree. */
export function expectedAgreement(cosine: number): number {
  return 1 - Math.acos(Math.max(-1, Math.min(1, cosine))) / Math.PI;
}

/** 64 bytes for each of many vectors. */
export class Sketches {
  private readonly planes: Float32Array;
  private readonly words: Uint32Array;

  constructor(
    private readonly dimensions: number,
    capacity: number,
  ) {
    this.planes = randomPlanes(dimensions);
    this.words = new Uint32Array(capacity * WORDS);
  }

  set(at: number, vector: Float32Array): void {
    const { planes, dimensions } = this;
    for (let bit = 0; bit < SKETCH_BITS; bit++) {
      let dot = 0;
      const plane = bit * dimensions;
      for (let i = 0; i < dimensions; i++) dot += planes[plane + i]! * vector[i]!;
      if (dot > 0) this.words[at * WORDS + (bit >>> 5)]! |= 1 << (bit & 31);
    }
  }

  /** In how many bits two of them agree. */
  agreeing(a: number, b: number): number {
    let differing = 0;
    for (let word = 0; word < WORDS; word++) {
      differing += bitCount(this.words[a * WORDS + word]! ^ this.words[b * WORDS + word]!);
    }
    return SKETCH_BITS - differing;
  }

  /** Some bits as a number; at most 31. */
  bits(at: number, first: number, count: number): number {
    const word = at * WORDS + (first >>> 5);
    const shift = first & 31;
    let bits = this.words[word]! >>> shift;
    if (shift + count > 32) bits |= this.words[word + 1]! << (32 - shift);
    return bits & (2 ** count - 1);
  }
}

/** Normal directions of the planes: +1 or -1 in each dimension, the same in every run. */
function randomPlanes(dimensions: number): Float32Array {
  let state = 0x9e3779b9;
  return Float32Array.from({ length: SKETCH_BITS * dimensions }, () => {
    // xorshift32: G. Marsaglia, "Xorshift RNGs", 2003.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0x10000 ? 1 : -1;
  });
}

/** Set bits of a 32-bit word, added up in parallel. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
