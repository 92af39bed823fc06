import { B, K1, weigh } from '../terms/sparse-encoder.js';
import type { WordsRow } from './index-rows.js';

/**
 * The same words weighed for another average length. A weight is
 * `tf (k1 + 1) / (tf + damping)`, so the number of occurrences is its inverse; 32-bit weights give
 * it back exactly up to some thousand occurrences, far beyond which it hardly matters any more.
 */
export function reweigh(row: WordsRow, averageLength: number): WordsRow {
  const damping = K1 * (1 - B + (B * row.length) / row.averageLength);
  const counts = row.weights.map((weight) =>
    Math.max(1, Math.round((weight * damping) / (K1 + 1 - weight))),
  );
  const average = Math.fround(averageLength);
  return {
    ...row,
    averageLength: average,
    weights: weigh({ terms: [...row.terms], counts, length: row.length }, average),
  };
}
