import type { ScoredMemory } from '../rank-candidates.js';
import type { WeighedQuery } from '../terms/weighed-query.js';
import { unpackFloats, unpackIntegers } from './packed-numbers.js';
import type { PointSource } from './point.js';

/** What a point is scored by. */
export type ScoredSource = Pick<PointSource, 'memory_id' | 'embedding' | 'terms' | 'weights'>;

/** Scores rows as Qdrant will score their points. */
export function scoreSources(
  sources: readonly ScoredSource[],
  embedding: Float32Array | null,
  words: WeighedQuery | null,
): ScoredMemory[] {
  return sources.map((source) => ({
    memoryId: source.memory_id,
    cosine: embedding ? dot(embedding, unpackFloats(source.embedding)) : 0,
    bm25: words ? bm25(words, source) : 0,
  }));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function bm25({ terms }: WeighedQuery, source: ScoredSource): number {
  if (!source.terms || !source.weights) return 0;
  const ids = unpackIntegers(source.terms);
  const weights = unpackFloats(source.weights);
  let sum = 0;
  // Both by ascending id.
  for (let at = 0, term = 0; at < ids.length && term < terms.length;) {
    const difference = ids[at]! - terms[term]!.id;
    if (difference === 0) sum += terms[term]!.weight * weights[at]!;
    if (difference <= 0) at += 1;
    if (difference >= 0) term += 1;
  }
  return sum;
}
