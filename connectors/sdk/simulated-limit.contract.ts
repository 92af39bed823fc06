/** How a source counts calls. `admit` answers null, or the seconds of a Retry-After. */
export interface SimulatedLimit {
  readonly name: string;
  admit(now: number): number | null;
}

/** So many calls in each minute by the clock. */
export function fixedWindow(calls: number, seconds: number, offset = 0): SimulatedLimit {
  let current = -1;
  let used = 0;
  return {
    name: `a fixed window of ${calls} calls in ${seconds} s`,
    admit(now) {
      const window = Math.floor((now - offset) / seconds);
      if (window !== current) [current, used] = [window, 0];
      used += 1;
      return used <= calls ? null : Math.ceil((window + 1) * seconds + offset - now);
    },
  };
}

/** So many calls in any stretch of time. */
export function slidingWindow(calls: number, seconds: number): SimulatedLimit {
  let admitted: number[] = [];
  return {
    name: `a sliding window of ${calls} calls in ${seconds} s`,
    admit(now) {
      admitted = admitted.filter((time) => time > now - seconds);
      if (admitted.length < calls) {
        admitted.push(now);
        return null;
      }
      return Math.ceil(admitted[0]! + seconds - now);
    },
  };
}

/**
 * Tokens that come back at a steady rate.
 * @param retryAfter what a refusal says; null: until the next token
 */
export function tokenBucket(
  perMinute: number,
  burst: number,
  retryAfter: number | null = null,
): SimulatedLimit {
  let tokens = burst;
  let since: number | null = null;
  return {
    name: `a token bucket of ${perMinute} calls a minute, ${burst} at once, Retry-After ${
      retryAfter ?? 'until the next token'
    }`,
    admit(now) {
      const rate = perMinute / 60;
      tokens = Math.min(burst, tokens + rate * (now - (since ?? now)));
      since = now;
      if (tokens < 1) return retryAfter ?? Math.ceil((1 - tokens) / rate);
      tokens -= 1;
      return null;
    },
  };
}
