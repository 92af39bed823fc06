import type { ScoredMemory } from '../rank-candidates.js';
import type { WeighedQuery } from '../terms/weighed-query.js';
import type { IndexQuery } from '../vector-index.js';
import { DENSE, WORDS, type Filter, type Query, type ScoredPoint } from './qdrant-store.js';

const PAYLOAD = ['collection_id'];

/**
 * The requests of one search, for one round trip. With two arms each request finds the best of
 * both and scores them all by one, so that no candidate lacks either score
 * (https://qdrant.tech/documentation/concepts/hybrid-queries/#multi-stage-queries).
 */
export function armsOf(query: IndexQuery, words: WeighedQuery | null, filter: Filter): Query[] {
  const dense = query.embedding && { query: Array.from(query.embedding), using: DENSE };
  const sparse = words && {
    query: {
      indices: words.terms.map((term) => term.id),
      values: words.terms.map((term) => term.weight),
    },
    using: WORDS,
  };
  const arms = [dense, sparse].filter((arm) => arm !== null);
  if (arms.length === 1) {
    return [{ ...arms[0]!, filter, limit: query.depth, with_payload: PAYLOAD }];
  }
  const prefetch = arms.map((arm) => ({ ...arm, filter, limit: query.depth }));
  return arms.map((arm) => ({
    prefetch,
    ...arm,
    limit: 2 * query.depth,
    with_payload: PAYLOAD,
  }));
}

/** The answers to `armsOf`, by memory. */
export function scoredBy(
  answers: readonly ScoredPoint[][],
  query: Pick<IndexQuery, 'embedding'>,
  words: WeighedQuery | null,
): ScoredMemory[] {
  const dense = query.embedding ? answers[0]! : [];
  const sparse = words ? answers.at(-1)! : [];
  const bm25 = new Map(sparse.map(({ id, score }) => [String(id), score]));
  const found = new Map<string, ScoredMemory>();
  for (const point of [...dense, ...sparse]) {
    const memoryId = String(point.id);
    if (found.has(memoryId)) continue;
    found.set(memoryId, {
      memoryId,
      collectionId: String(point.payload?.collection_id),
      cosine: point.score,
      bm25: bm25.get(memoryId) ?? 0,
    });
  }
  if (!query.embedding) for (const [id, one] of found) found.set(id, { ...one, cosine: 0 });
  return [...found.values()];
}
