import { expectedAgreement, SKETCH_BITS, Sketches } from './sketches.js';

/** Share of the pairs right at the threshold that some band brings together; nearer ones: more. */
const RECALL = 0.995;
const MAX_BAND_BITS = 31;
/** Members of one bucket that are compared with a vector; only crowds have more. */
const MAX_COMPARED = 128;
/** Standard deviations by which the agreement of a near pair may fall short. */
const TOLERANCE = 4;
const END = -1;

export interface Neighbour {
  readonly at: number;
  readonly cosine: number;
}

/**
 * Finds near pairs among many vectors without comparing all: those that agree in a whole band of
 * their sketch's bits meet in a bucket. Vectors are kept as bytes, so cosines are within 0.002;
 * with 256 dimensions 100,000 vectors take about 60 MB.
 */
export class NearVectors {
  private readonly sketches: Sketches;
  private readonly bytes: Int8Array;
  private readonly lengths: Float64Array;
  private readonly groups: Int32Array;
  private readonly present: Uint8Array;
  private readonly compared: Int32Array;
  private readonly bandBits: number;
  private readonly minAgreeing: number;
  private readonly bands: Buckets[];

  /** @param capacity vectors have the numbers from 0 to it */
  constructor(
    private readonly dimensions: number,
    private readonly minCosine: number,
    capacity: number,
  ) {
    this.sketches = new Sketches(dimensions, capacity);
    this.bytes = new Int8Array(capacity * dimensions);
    this.lengths = new Float64Array(capacity);
    this.groups = new Int32Array(capacity);
    this.present = new Uint8Array(capacity);
    this.compared = new Int32Array(capacity).fill(END);
    const agreement = expectedAgreement(minCosine);
    this.bandBits = widestBand(agreement);
    const deviation = Math.sqrt(SKETCH_BITS * agreement * (1 - agreement));
    this.minAgreeing = SKETCH_BITS * agreement - TOLERANCE * deviation;
    const bands = Math.floor(SKETCH_BITS / this.bandBits);
    this.bands = Array.from({ length: bands }, () => new Buckets(capacity));
  }

  /** Takes a vector in; only vectors of the same group can be near. The zero vector is left out. */
  add(at: number, group: number, vector: Float32Array): void {
    const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest === 0) return;
    let squares = 0;
    for (let i = 0; i < this.dimensions; i++) {
      const byte = Math.round((vector[i]! / largest) * 127);
      this.bytes[at * this.dimensions + i] = byte;
      squares += byte * byte;
    }
    this.lengths[at] = Math.sqrt(squares);
    this.groups[at] = group;
    this.present[at] = 1;
    this.sketches.set(at, vector);
    for (const [band, buckets] of this.bands.entries()) buckets.add(at, this.key(at, band));
  }

  /** Takes a vector out and answers those still in that are near to it, nearest first. */
  take(at: number): Neighbour[] {
    if (this.present[at] === 0) return [];
    this.remove(at);
    const near: Neighbour[] = [];
    for (const [band, buckets] of this.bands.entries()) {
      const met = buckets.members(this.key(at, band), MAX_COMPARED, (n) => this.present[n] === 1);
      for (const other of met) {
        if (this.compared[other] === at || this.groups[other] !== this.groups[at]) continue;
        this.compared[other] = at;
        if (this.sketches.agreeing(at, other) < this.minAgreeing) continue;
        const cosine = this.cosine(at, other);
        if (cosine >= this.minCosine) near.push({ at: other, cosine });
      }
    }
    return near.sort((a, b) => b.cosine - a.cosine || a.at - b.at);
  }

  remove(at: number): void {
    this.present[at] = 0;
  }

  /** The group is part of it, so that members of other groups are met by chance only. */
  private key(at: number, band: number): number {
    const bits = this.sketches.bits(at, band * this.bandBits, this.bandBits);
    return mixed(bits ^ Math.imul(this.groups[at]!, 0x9e3779b9));
  }

  private cosine(a: number, b: number): number {
    const { bytes, dimensions } = this;
    let dot = 0;
    for (let i = 0; i < dimensions; i++)
      dot += bytes[a * dimensions + i]! * bytes[b * dimensions + i]!;
    return dot / (this.lengths[a]! * this.lengths[b]!);
  }
}

/** The wider the band, the fewer chance meetings; as wide as the recall allows. */
function widestBand(agreement: number): number {
  for (let bits = MAX_BAND_BITS; bits > 1; bits--) {
    const missed = (1 - agreement ** bits) ** Math.floor(SKETCH_BITS / bits);
    if (1 - missed >= RECALL) return bits;
  }
  return 1;
}

/** The 32-bit finalizer of MurmurHash3 (A. Appleby, public domain): every bit sways every other. */
function mixed(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** A hash table of chains in two flat arrays: a Map of arrays would take ten times the memory. */
class Buckets {
  private readonly heads: Int32Array;
  private readonly next: Int32Array;
  private readonly keys: Int32Array;

  constructor(capacity: number) {
    this.heads = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, capacity)))).fill(END);
    this.next = new Int32Array(capacity).fill(END);
    this.keys = new Int32Array(capacity);
  }

  add(at: number, key: number): void {
    const slot = this.slot(key);
    this.keys[at] = key;
    this.next[at] = this.heads[slot]!;
    this.heads[slot] = at;
  }

  /** At most `limit` members of a bucket; those no longer present leave the chain for good. */
  members(key: number, limit: number, isPresent: (at: number) => boolean): number[] {
    const slot = this.slot(key);
    const found: number[] = [];
    let before = END;
    for (let at = this.heads[slot]!; at !== END && found.length < limit; at = this.next[at]!) {
      if (isPresent(at)) {
        if (this.keys[at] === key) found.push(at);
        before = at;
      } else if (before === END) this.heads[slot] = this.next[at]!;
      else this.next[before] = this.next[at]!;
    }
    return found;
  }

  private slot(key: number): number {
    return key & (this.heads.length - 1);
  }
}
