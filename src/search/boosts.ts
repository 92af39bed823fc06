const DAY_MS = 86_400_000;
/** The importance that memories have unless told otherwise; it changes nothing. */
const USUAL_IMPORTANCE = 0.7;
const IMPORTANCE_SHARE = 0.05;
const RECENCY_SHARE = 0.04;
const HALF_LIFE_DAYS = 30;

/** What `boost` can give at most. */
export const HIGHEST_BOOST = IMPORTANCE_SHARE * (1 - USUAL_IMPORTANCE) + RECENCY_SHARE;

export interface Boostable {
  /** 0 to 1. */
  readonly importance: number;
  /** When its source last changed it, else when it was stored. */
  readonly time: Date;
}

/**
 * The share of its fused score that a memory gains or loses, from -3.5 % to +5.5 %: 5 % of what its
 * importance is above or below 0.7, and 4 % for a memory of this moment, half of that for one of a
 * month ago, a quarter for two months. So much settles which of two near equals comes first, and
 * cannot lift a poor match over a good one.
 */
export function boost({ importance, time }: Boostable, now: Date): number {
  const days = Math.max(0, (now.getTime() - time.getTime()) / DAY_MS);
  const recency = 0.5 ** (days / HALF_LIFE_DAYS);
  return IMPORTANCE_SHARE * (importance - USUAL_IMPORTANCE) + RECENCY_SHARE * recency;
}

/** A fused score with its boost. Scores below 0, of opposite vectors, rise with a boost as well. */
export function boosted(fused: number, share: number): number {
  return fused + Math.abs(fused) * share;
}
