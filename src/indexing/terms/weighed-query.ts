import type { TermStatistics } from '../statistics/term-statistics.repository.js';
import type { IndexQuery } from '../vector-index.js';
import { idf, K1, queryTerms, type QueryTerm } from './sparse-encoder.js';

export interface WeighedTerm {
  readonly id: number;
  /** Documents in scope that have it, as far as they are counted. */
  readonly df: number;
  /** occurrences x idf: the inner product with a text's weights is its BM25. */
  readonly weight: number;
}

export interface WeighedQuery {
  /** By ascending id. */
  readonly terms: readonly WeighedTerm[];
  /** The BM25 that no text can exceed: every term of the query, repeated without end. */
  readonly highest: number;
}

/** None where a search is by vector alone. */
export function wordsAskedFor({ mode, text }: Pick<IndexQuery, 'mode' | 'text'>): QueryTerm[] {
  return mode === 'vector' ? [] : queryTerms(text);
}

/** Null for a query without words. */
export function weighQuery(
  terms: readonly QueryTerm[],
  { documents, frequencies }: Pick<TermStatistics, 'documents' | 'frequencies'>,
): WeighedQuery | null {
  if (terms.length === 0) return null;
  const weighed = terms.map(({ id, occurrences }) => {
    const df = Math.max(0, frequencies.get(id) ?? 0);
    return { id, df, weight: occurrences * idf(Math.max(documents, df), df) };
  });
  return {
    terms: weighed,
    highest: weighed.reduce((sum, term) => sum + term.weight * (K1 + 1), 0),
  };
}
