/** How often and how long one call is tried before its run is told to come back later. */
export interface RetryPolicy {
  /** Attempts that end in a transient fault, the first included. */
  readonly attempts: number;
  /** Upper bound of the pause after the first fault; it doubles with each further one. */
  readonly baseMs: number;
  /** Upper bound of every pause. */
  readonly maxPauseMs: number;
  /** No attempt starts later than this after the first one. */
  readonly totalMs: number;
}

export const RETRY_POLICY: RetryPolicy = {
  attempts: 4,
  baseMs: 500,
  maxPauseMs: 8000,
  totalMs: 60_000,
};

/**
 * Milliseconds to wait after the `fault`-th fault of a call (from 1): anything between nothing and
 * a bound that doubles ("full jitter", which spreads clients that failed together:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param random 0 <= random < 1
 */
export function pauseAfterFault(fault: number, random: number, policy = RETRY_POLICY): number {
  const bound = Math.min(policy.maxPauseMs, policy.baseMs * 2 ** (fault - 1));
  return Math.round(bound * random);
}
