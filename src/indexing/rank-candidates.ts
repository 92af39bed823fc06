import { fuse } from './fusion.js';
import type { Candidate, IndexQuery } from './vector-index.js';

/** What the arms of a store found out about a memory. */
export interface ScoredMemory {
  readonly memoryId: string;
  /** 0 when the query has no vector. */
  readonly cosine: number;
  /** 0 where no query term occurs. */
  readonly bm25: number;
  /** One of the two is only the most that it can be. */
  readonly bounded?: true;
}

/**
 * Best fused first, without what lies below the query's least cosine and matches no word.
 * @param highest the BM25 that no text can exceed; 0 for a query without words
 * @param documents of the searched collections
 */
export function rankCandidates(
  found: readonly ScoredMemory[],
  query: Pick<IndexQuery, 'embedding' | 'minCosine'>,
  highest: number,
  documents: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const { memoryId, cosine, bm25, bounded } of found) {
    if (bm25 === 0 && (!query.embedding || cosine < query.minCosine)) continue;
    candidates.push({
      memoryId,
      cosine,
      bm25,
      coverage: highest > 0 ? bm25 / highest : 0,
      fused: query.embedding ? fuse(cosine, bm25, documents) : bm25,
      ...(bounded && { bounded }),
    });
  }
  return candidates.sort((a, b) => b.fused - a.fused || (a.memoryId < b.memoryId ? -1 : 1));
}
