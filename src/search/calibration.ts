/** Five decimals of a score: a product of 32-bit vectors is noise beyond that. */
const PRECISION = 1e5;

/**
 * A cosine as the score that answers show and thresholds mean, 0 to 1.
 * @param low the cosine at and below which a space's texts have nothing in common
 */
export function calibrated(cosine: number, low: number): number {
  return rounded(Math.min(1, Math.max(0, (cosine - low) / (1 - low))));
}

export function rounded(score: number): number {
  return Math.round(score * PRECISION) / PRECISION;
}

/** The least cosine whose score reaches `minScore`; -1, any cosine, for 0. */
export function leastCosine(minScore: number, low: number): number {
  return minScore <= 0 ? -1 : low + (minScore - 0.5 / PRECISION) * (1 - low);
}
