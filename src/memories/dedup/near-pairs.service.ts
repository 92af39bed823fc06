import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { CollectionRef } from '../../collections/collections.service.js';
import { Database } from '../../database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../../indexing/vector-index.js';
import { slices } from '../../remember/slices.js';
import { calibrated, leastCosine } from '../../search/calibration.js';
import type { NearPair } from './dedup-plan.js';
import type { DedupCandidate } from './dedup.repository.js';
import { SimilarityHash, type CandidatePair } from './similarity-hash.js';

/** Keeps the event loop free: sketching takes about 0.5 µs per number. */
const NUMBERS_PER_PAGE = 50_000;
/** Vectors held at a time while candidates are checked. */
const CHECKED_VECTORS = 1_000;
/** In a collection of nothing but near copies; a second run goes on from there. */
const MAX_CANDIDATES = 2_000_000;

/**
 * Finds near texts among groups of equal ones. Each vector is read once and kept as a sketch of
 * 64 bytes; sketches name the candidates, whose cosines are then computed. Asking the index for
 * each memory's neighbours would scan the collection once per memory in embedded mode.
 */
@Injectable()
export class NearPairs {
  constructor(
    private readonly database: Database,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Pairs of groups in one container tag that reach the score; of those right at it, about one in
   * 200 is missed.
   * @throws the signal's reason when it aborts
   */
  async find(
    tenant: string,
    collection: CollectionRef,
    groups: readonly (readonly DedupCandidate[])[],
    minScore: number,
    signal: AbortSignal,
  ): Promise<NearPair[]> {
    const { scoreLow } = collection;
    const minCosine = leastCosine(minScore, scoreLow);
    const firsts = groups.map((group) => group[0]!);
    const read = (places: readonly number[]): Promise<Map<string, Float32Array>> => {
      signal.throwIfAborted();
      const ids = places.map((at) => firsts[at]!.id);
      return this.database.inTenant(
        tenant,
        (tx) => this.index.vectors(tx, collection.spaceId, ids),
        { priority: 'background' },
      );
    };
    const hash = new SimilarityHash(collection.dimensions, minCosine, firsts.length);
    const byTag = new Map<string | null, number[]>();
    const perPage = Math.max(1, Math.floor(NUMBERS_PER_PAGE / collection.dimensions));
    for (const places of slices([...firsts.keys()], perPage)) {
      const vectors = await read(places);
      for (const at of places) {
        const vector = vectors.get(firsts[at]!.id);
        // A text without known words has the zero vector, which is near to nothing.
        if (!vector?.some((value) => value !== 0)) continue;
        hash.set(at, vector);
        const tag = firsts[at]!.containerTag;
        const members = byTag.get(tag);
        if (members) members.push(at);
        else byTag.set(tag, [at]);
      }
    }
    const candidates = await collectCandidates(hash, [...byTag.values()], signal);
    const pairs: NearPair[] = [];
    for (const block of blocks(candidates)) {
      const vectors = await read(block.places);
      for (const { a, b } of block.pairs) {
        const [from, to] = [vectors.get(firsts[a]!.id), vectors.get(firsts[b]!.id)];
        if (!from || !to) continue;
        const score = calibrated(dot(from, to), scoreLow);
        if (score >= minScore) pairs.push({ a, b, score });
      }
    }
    return pairs;
  }
}

async function collectCandidates(
  hash: SimilarityHash,
  tags: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<CandidatePair[]> {
  const all: CandidatePair[] = [];
  for (const members of tags) {
    if (members.length < 2) continue;
    for (const pairs of hash.candidates(members)) {
      for (const pair of pairs) all.push(pair);
      if (all.length > MAX_CANDIDATES) return all.slice(0, MAX_CANDIDATES);
      // Thousands of small tags need not take turns, one large one must.
      if (members.length < CHECKED_VECTORS) continue;
      await nextTurn();
      signal.throwIfAborted();
    }
  }
  return all;
}

/** Cuts pairs into blocks that need few vectors each. */
function* blocks(
  pairs: readonly CandidatePair[],
): Generator<{ places: number[]; pairs: CandidatePair[] }> {
  let places = new Set<number>();
  let block: CandidatePair[] = [];
  for (const pair of pairs.toSorted((x, y) => x.a - y.a || x.b - y.b)) {
    places.add(pair.a).add(pair.b);
    block.push(pair);
    if (places.size < CHECKED_VECTORS) continue;
    yield { places: [...places], pairs: block };
    places = new Set();
    block = [];
  }
  if (block.length > 0) yield { places: [...places], pairs: block };
}

/** The cosine, since stored vectors have length 1. */
function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
