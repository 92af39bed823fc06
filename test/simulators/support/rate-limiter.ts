export interface CallRate {
  readonly callsPerMinute: number;
  /** Calls that may come at once after a pause; default: a minute's worth. */
  readonly burst?: number;
}

export type RateVerdict =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly retryAfterSeconds: number;
      /** The caller had been told to wait, and did not; real milliseconds since it was told. */
      readonly insideRetryAfter: { readonly sinceRefusalMs: number } | null;
    };

interface Bucket {
  calls: number;
  filledAt: number;
  refusal: { until: number; toldAt: number } | null;
}

/** One token bucket per key (method and installation), refilled continuously. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  /** @param rate null: unlimited, but a refusal by `refuse` still holds */
  take(key: string, rate: CallRate | null, now: number): RateVerdict {
    const bucket = this.bucket(key, rate, now);
    const { refusal } = bucket;
    if (refusal !== null && now < refusal.until) {
      return {
        allowed: false,
        retryAfterSeconds: Math.ceil((refusal.until - now) / 1000),
        insideRetryAfter: { sinceRefusalMs: performance.now() - refusal.toldAt },
      };
    }
    bucket.refusal = null;
    if (rate === null) return { allowed: true };
    const capacity = rate.burst ?? rate.callsPerMinute;
    const perMs = rate.callsPerMinute / 60_000;
    bucket.calls = Math.min(capacity, bucket.calls + (now - bucket.filledAt) * perMs);
    bucket.filledAt = now;
    // A refill by floating point steps may end a hair below a whole call.
    if (bucket.calls >= 1 - 1e-9) {
      bucket.calls -= 1;
      return { allowed: true };
    }
    const retryAfterSeconds = Math.max(1, Math.ceil((1 - bucket.calls) / perMs / 1000 - 1e-9));
    this.refuse(key, retryAfterSeconds, now);
    return { allowed: false, retryAfterSeconds, insideRetryAfter: null };
  }

  /** Calls for the key are refused from now on for so many seconds. */
  refuse(key: string, seconds: number, now: number): void {
    this.bucket(key, null, now).refusal = {
      until: now + seconds * 1000,
      toldAt: performance.now(),
    };
  }

  private bucket(key: string, rate: CallRate | null, now: number): Bucket {
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      const calls = rate === null ? Infinity : (rate.burst ?? rate.callsPerMinute);
      bucket = { calls, filledAt: now, refusal: null };
      this.buckets.set(key, bucket);
    }
    return bucket;
  }
}
