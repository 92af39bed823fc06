import { wrongInput } from './qdrant-error.js';
import type { ScoredPoint } from './query.js';

/** Of the server; other products mean 60. */
const DEFAULT_K = 2;

/**
 * 1 / (place / weight + k - 1) summed over the lists, places from 1
 * (lib/segment/src/common/reciprocal_rank_fusion.rs of v1.18.3).
 */
export function rrf(
  lists: readonly ScoredPoint[][],
  k: number | null | undefined,
  weights: readonly number[] | null | undefined,
): ScoredPoint[] {
  if (weights != null && weights.length !== lists.length) {
    throw wrongInput(
      'Validation failed: Number of weights in RRF should match number of pre-fetches: ' +
        `got ${weights.length}, expected ${lists.length}`,
    );
  }
  const fused = new Map<ScoredPoint['point']['id'], ScoredPoint>();
  lists.forEach((list, at) => {
    const weight = weights?.[at] ?? 1;
    list.forEach(({ point }, place) => {
      const gained = weight <= 0 ? 0 : 1 / ((place + 1) / weight + (k ?? DEFAULT_K) - 1);
      const score = Math.fround((fused.get(point.id)?.score ?? 0) + gained);
      fused.set(point.id, { point, score });
    });
  });
  return [...fused.values()];
}
