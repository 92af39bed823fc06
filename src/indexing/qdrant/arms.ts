import type { ScoredMemory } from '../rank-candidates.js';
import type { WeighedQuery } from '../terms/weighed-query.js';
import type { IndexQuery } from '../vector-index.js';
import { DENSE, WORDS, type Filter, type Query, type ScoredPoint } from './qdrant-store.js';

/** Scores by memory id. */
type Scores = ReadonlyMap<string, number>;

type Arm = Pick<Query, 'query' | 'using'>;

/** The two ways of asking; null where the query has no vector, or no words. */
export interface Arms {
  readonly dense: Arm | null;
  readonly words: Arm | null;
}

/** Cosines, -1 to 1, and BM25, above 0; a memory may have only one of them. */
export interface ArmScores {
  readonly dense: Scores;
  readonly words: Scores;
}

export const NO_SCORES: ArmScores = { dense: new Map(), words: new Map() };

export function armsOf(
  { embedding }: Pick<IndexQuery, 'embedding'>,
  words: WeighedQuery | null,
): Arms {
  return {
    dense: embedding && { query: Array.from(embedding), using: DENSE },
    words: words && {
      query: {
        indices: words.terms.map((term) => term.id),
        values: words.terms.map((term) => term.weight),
      },
      using: WORDS,
    },
  };
}

/** Requests for what each arm finds by itself, the best `depth`. */
export function bestOf({ dense, words }: Arms, filter: Filter, depth: number): Query[] {
  return [dense, words]
    .filter((arm) => arm !== null)
    .map((arm) => ({ ...arm, filter, limit: depth, with_payload: false }));
}

/**
 * Requests for the score that what only one arm has found lacks. Words need no second one when they
 * gave less than `depth`: then they are in nothing else.
 */
export function missingOf(
  { dense, words }: Arms,
  found: ArmScores,
  { tenant, depth }: Pick<IndexQuery, 'tenant' | 'depth'>,
): Query[] {
  if (!dense || !words) return [];
  const byWords = without(found.words, found.dense);
  const byVector = found.words.size < depth ? [] : without(found.dense, found.words);
  return [
    ...(byWords.length > 0 ? [scoring(dense, tenant, byWords)] : []),
    ...(byVector.length > 0 ? [scoring(words, tenant, byVector)] : []),
  ];
}

/** The answers to queries of these arms, added to what is known. */
export function withAnswers(
  known: ArmScores,
  queries: readonly Query[],
  answers: readonly ScoredPoint[][],
): ArmScores {
  const dense = new Map(known.dense);
  const words = new Map(known.words);
  for (const [at, { using }] of queries.entries()) {
    const scores = using === DENSE ? dense : words;
    for (const { id, score } of answers[at]!) scores.set(String(id), score);
  }
  return { dense, words };
}

/** What lacks a score has 0: it has none of the words, or it is gone. */
export function toScored({ dense, words }: ArmScores): ScoredMemory[] {
  return [...new Set([...dense.keys(), ...words.keys()])].map((memoryId) => ({
    memoryId,
    cosine: dense.get(memoryId) ?? 0,
    bm25: words.get(memoryId) ?? 0,
  }));
}

function without(scores: Scores, others: Scores): string[] {
  return [...scores.keys()].filter((id) => !others.has(id));
}

/** Scores these memories by one arm: so few that Qdrant need not consider its graphs. */
function scoring(arm: Arm, tenant: string, ids: readonly string[]): Query {
  const filter = { must: [{ key: 'tenant_id', match: { value: tenant } }, { has_id: [...ids] }] };
  return { ...arm, filter, limit: ids.length, with_payload: false, params: { exact: true } };
}
