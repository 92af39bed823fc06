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

/** What the answers to these queries say. */
export function scoresOf(queries: readonly Query[], answers: readonly ScoredPoint[][]): ArmScores {
  const of = (arm: string): Scores => {
    const points = answers[queries.findIndex(({ using }) => using === arm)] ?? [];
    return new Map(points.map(({ id, score }) => [String(id), score]));
  };
  return { dense: of(DENSE), words: of(WORDS) };
}

/**
 * Everything that an arm has found. The score of the other arm is then the most that it can be,
 * since that arm would have found it otherwise.
 */
export function toScored(arms: Arms, { dense, words }: ArmScores, depth: number): ScoredMemory[] {
  const highest = {
    cosine: arms.dense ? lowestOf(dense, depth, 1) : 0,
    bm25: arms.words ? lowestOf(words, depth, 0) : 0,
  };
  return [...new Set([...dense.keys(), ...words.keys()])].map((memoryId) => {
    const cosine = dense.get(memoryId);
    const bm25 = words.get(memoryId);
    const scores = { memoryId, cosine: cosine ?? highest.cosine, bm25: bm25 ?? highest.bm25 };
    const bounded =
      (cosine === undefined && arms.dense !== null) || (bm25 === undefined && highest.bm25 > 0);
    return bounded ? { ...scores, bounded } : scores;
  });
}

/**
 * The lowest score of an arm that gave all it was asked for. Where it gave less, what it has not
 * found has none of the words; every memory has a vector, so there anything is possible.
 */
function lowestOf(scores: Scores, depth: number, otherwise: number): number {
  return scores.size < depth ? otherwise : Math.min(...scores.values());
}
