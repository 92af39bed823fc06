/**
 * Random-hyperplane hashing (M. Charikar, "Similarity estimation techniques from rounding
 * algorithms", STOC 2002): each bit says on which side of a random plane a vector lies, so two
 * vectors agree in a share of 1 - angle / pi of their bits. Vectors that agree in a whole band of
 * bits become candidates, which finds near pairs without comparing all.
 */
const BITS = 512;
const WORDS = BITS / 32;
/** Share of the pairs right at the threshold that some band brings together; nearer ones: more. */
const RECALL = 0.995;
const MAX_BAND_BITS = 31;
/** In a crowded bucket each vector is compared with that many that follow it. */
const BUCKET_WINDOW = 128;
/** Standard deviations by which a pair's agreement may fall short of what it should be. */
const TOLERANCE = 4;

export interface CandidatePair {
  readonly a: number;
  readonly b: number;
}

/** Sketches of many vectors and the pairs among them that may reach a cosine. */
export class SimilarityHash {
  private readonly planes: Float32Array;
  private readonly bandBits: number;
  private readonly minAgreeing: number;
  private sketches: Uint32Array;

  /** @param minCosine of the pairs to find, above -1 */
  constructor(
    private readonly dimensions: number,
    minCosine: number,
    capacity: number,
  ) {
    const agreement = 1 - Math.acos(Math.min(1, minCosine)) / Math.PI;
    this.planes = randomPlanes(dimensions);
    this.bandBits = widestBand(agreement);
    const spread = Math.sqrt(BITS * agreement * (1 - agreement));
    this.minAgreeing = BITS * agreement - TOLERANCE * spread;
    this.sketches = new Uint32Array(capacity * WORDS);
  }

  /** Takes the sketch of vector number `at`; the vector itself is not kept. */
  set(at: number, vector: Float32Array): void {
    const { planes, dimensions } = this;
    for (let bit = 0; bit < BITS; bit++) {
      let dot = 0;
      const plane = bit * dimensions;
      for (let i = 0; i < dimensions; i++) dot += planes[plane + i]! * vector[i]!;
      if (dot > 0) this.sketches[at * WORDS + (bit >>> 5)]! |= 1 << (bit & 31);
    }
  }

  /** Candidates among some of the vectors, band by band; no pair comes twice. */
  *candidates(members: readonly number[]): Generator<CandidatePair[]> {
    const bands = Math.floor(BITS / this.bandBits);
    for (let band = 0; band < bands; band++) {
      const buckets = new Map<number, number[]>();
      for (const member of members) {
        const key = this.key(member, band);
        const bucket = buckets.get(key);
        if (bucket) bucket.push(member);
        else buckets.set(key, [member]);
      }
      const pairs: CandidatePair[] = [];
      for (const bucket of buckets.values()) this.compare(bucket, band, pairs);
      yield pairs;
    }
  }

  private compare(bucket: readonly number[], band: number, pairs: CandidatePair[]): void {
    for (let i = 0; i < bucket.length; i++) {
      const end = Math.min(bucket.length, i + 1 + BUCKET_WINDOW);
      for (let j = i + 1; j < end; j++) {
        const [a, b] = [bucket[i]!, bucket[j]!];
        if (this.agreeing(a, b) >= this.minAgreeing && !this.metBefore(a, b, band)) {
          pairs.push({ a, b });
        }
      }
    }
  }

  private agreeing(a: number, b: number): number {
    let differing = 0;
    for (let word = 0; word < WORDS; word++) {
      differing += bitCount(this.sketches[a * WORDS + word]! ^ this.sketches[b * WORDS + word]!);
    }
    return BITS - differing;
  }

  private metBefore(a: number, b: number, band: number): boolean {
    for (let earlier = 0; earlier < band; earlier++) {
      if (this.key(a, earlier) === this.key(b, earlier)) return true;
    }
    return false;
  }

  /** The bits of a band as a number. */
  private key(at: number, band: number): number {
    const first = band * this.bandBits;
    const word = at * WORDS + (first >>> 5);
    const shift = first & 31;
    let bits = this.sketches[word]! >>> shift;
    if (shift + this.bandBits > 32) bits |= this.sketches[word + 1]! << (32 - shift);
    return bits & (2 ** this.bandBits - 1);
  }
}

/** The wider the band, the fewer chance meetings; as wide as the recall allows. */
function widestBand(agreement: number): number {
  for (let bits = MAX_BAND_BITS; bits > 1; bits--) {
    const missed = (1 - agreement ** bits) ** Math.floor(BITS / bits);
    if (1 - missed >= RECALL) return bits;
  }
  return 1;
}

/** Normal directions of the planes: +1 or -1 in each dimension, the same in every run. */
function randomPlanes(dimensions: number): Float32Array {
  let state = 0x9e3779b9;
  return Float32Array.from({ length: BITS * dimensions }, () => {
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
