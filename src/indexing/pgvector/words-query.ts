import { toSparsevec } from '../terms/sparsevec.js';
import type { QueryTerm } from '../terms/sparse-encoder.js';
import { rarestTerms } from '../terms/rarest-terms.js';
import { weighQuery } from '../terms/weighed-query.js';
import type { TermStatistics } from '../statistics/term-statistics.repository.js';
import type { WordsQuery } from './candidate-statement.js';
import { gateTerms } from './gate-terms.js';

/** Documents that the gate lets through at least, so that small collections are scored in full. */
const GATE_AT_LEAST = 2_000;
/** ... and at most before it closes, so that the cost stays the same however large they grow. */
const GATE_AT_MOST = 10_000;
const GATE_SHARE = 0.05;

export interface WeighedWords extends WordsQuery {
  /** The BM25 that no text can exceed: every term of the query, repeated without end. */
  readonly highest: number;
}

/**
 * Turns a query's terms into what the words arm needs.
 * @returns null for a query without words
 */
export function wordsQuery(
  terms: readonly QueryTerm[],
  collectionIds: readonly string[],
  statistics: Pick<TermStatistics, 'documents' | 'frequencies'>,
  depth: number,
): WeighedWords | null {
  const query = weighQuery(terms, statistics);
  if (!query) return null;
  const gate = gateOf(query.terms, statistics.documents, depth);
  return {
    gate: collectionIds.flatMap((collection) => gateTerms(collection, gate)),
    weights: toSparsevec(
      query.terms.map((term) => term.id),
      query.terms.map((term) => term.weight),
    ),
    highest: query.highest,
  };
}

function gateOf(
  terms: readonly { id: number; df: number }[],
  total: number,
  depth: number,
): number[] {
  const budget = Math.min(Math.max(GATE_SHARE * total, GATE_AT_LEAST), GATE_AT_MOST);
  const picked = rarestTerms(terms, total, total > 0 ? budget / total : 1);
  const last = picked.at(-1);
  const before = picked.slice(0, -1).reduce((sum, term) => sum + term.df, 0);
  // A common word may not open the gate wide once rarer ones fill the arm.
  if (last && before >= depth && last.df > budget) picked.pop();
  // A term may be so new that it is not counted yet; looking for it costs next to nothing.
  const unknown = terms.filter((term) => term.df === 0 && !picked.includes(term));
  return [...picked, ...unknown].map((term) => term.id);
}
