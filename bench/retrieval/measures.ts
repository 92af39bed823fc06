/**
 * Measures of ranked retrieval with binary relevance. `ranking` is a list of ids without repeats,
 * best first; `relevant` the ids judged relevant. A query without relevant documents has no
 * measure: leave it out (NaN comes back). Definitions as in trec_eval (`ndcg_cut`, `map_cut`,
 * `recall`): https://github.com/usnistgov/trec_eval
 */
export type Measure = (
  ranking: readonly string[],
  relevant: ReadonlySet<string>,
  k: number,
) => number;

/** Normalised discounted cumulative gain: 1 / log2(rank + 1) per hit, over the ideal order's. */
export const ndcgAt: Measure = (ranking, relevant, k) => {
  if (relevant.size === 0) return NaN;
  const gain = (at: number): number => 1 / Math.log2(at + 2);
  let dcg = 0;
  ranking.slice(0, k).forEach((id, at) => {
    if (relevant.has(id)) dcg += gain(at);
  });
  let ideal = 0;
  for (let at = 0; at < Math.min(k, relevant.size); at++) ideal += gain(at);
  return dcg / ideal;
};

/** Average precision over the first `k`; relevant documents not found count as precision 0. */
export const averagePrecisionAt: Measure = (ranking, relevant, k) => {
  if (relevant.size === 0) return NaN;
  let hits = 0;
  let sum = 0;
  ranking.slice(0, k).forEach((id, at) => {
    if (!relevant.has(id)) return;
    hits++;
    sum += hits / (at + 1);
  });
  return sum / relevant.size;
};

/** Share of the relevant documents among the first `k`. */
export const recallAt: Measure = (ranking, relevant, k) => {
  if (relevant.size === 0) return NaN;
  return ranking.slice(0, k).filter((id) => relevant.has(id)).length / relevant.size;
};

/** Mean of a measure over queries, e.g. MAP@100 = `meanOver(runs, averagePrecisionAt, 100)`. */
export function meanOver(
  runs: readonly { ranking: readonly string[]; relevant: ReadonlySet<string> }[],
  measure: Measure,
  k: number,
): number {
  const values = runs
    .filter((run) => run.relevant.size > 0)
    .map((run) => measure(run.ranking, run.relevant, k));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
