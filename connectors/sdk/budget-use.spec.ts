import type { SourceCall } from './calls.js';
import { RateLimitedError } from './errors.js';
import { MemoryRateBudgets } from './memory-rate-budgets.js';
import { pacedCalls } from './paced-calls.js';
import {
  fixedWindow,
  slidingWindow,
  tokenBucket,
  type SimulatedLimit,
} from './simulated-limit.contract.js';

const ANSWER_MS = 20;
const CLAIM_MS = 1000;

/** Runs as fast as it is let for so long after the first refusal, parking as a run does. */
async function callFor(limit: SimulatedLimit, minutes: number) {
  let time = Date.parse('2026-01-01T00:00:00.400Z');
  const clock = {
    now: () => new Date(time),
    sleep: (ms: number) => Promise.resolve(void (time += ms)),
  };
  const seen = { admitted: 0, refused: 0, parked: 0, tooEarly: 0 };
  let blockedUntil = 0;
  let firstRefusal = Infinity;
  const calls = pacedCalls({
    budgets: new MemoryRateBudgets(clock.now),
    clock,
    signal: new AbortController().signal,
    observe: () => undefined,
    random: () => 0.5,
  });
  const call: SourceCall<void> = {
    method: 'conversations.history',
    run: () => {
      if (time < blockedUntil) seen.tooEarly += 1;
      const retryAfter = limit.admit(time / 1000);
      time += ANSWER_MS;
      if (retryAfter === null) {
        if (firstRefusal < Infinity) seen.admitted += 1;
        return Promise.resolve();
      }
      seen.refused += 1;
      firstRefusal = Math.min(firstRefusal, time);
      blockedUntil = time - ANSWER_MS + retryAfter * 1000;
      return Promise.reject(new Error(String(retryAfter)));
    },
    classify: (error) => ({
      kind: 'rate_limited',
      retryAfterSeconds: Number((error as Error).message),
    }),
  };
  while (time < firstRefusal + minutes * 60_000) {
    try {
      await calls.call(call);
    } catch (error) {
      if (!(error instanceof RateLimitedError)) throw error;
      seen.parked += 1;
      time = error.until.getTime() + CLAIM_MS;
    }
  }
  return seen;
}

const GOAL = 0.9;

/** Each with its calls in ten minutes, and the share of them that must be made. */
const LIMITS: [SimulatedLimit, number, number][] = [
  [fixedWindow(50, 60), 500, GOAL],
  [fixedWindow(50, 60, 37), 500, GOAL],
  [fixedWindow(50, 60, 59.9), 500, GOAL],
  [slidingWindow(50, 60), 500, GOAL],
  [tokenBucket(50, 50), 500, GOAL],
  [tokenBucket(50, 50, 30), 500, GOAL],
  [tokenBucket(50, 50, 60), 500, GOAL],
  [tokenBucket(50, 10), 500, GOAL],
  [tokenBucket(50, 1), 500, GOAL],
  [tokenBucket(50, 5, 10), 500, GOAL],
  [tokenBucket(20, 20), 200, GOAL],
  [tokenBucket(180, 10), 1800, GOAL],
  [slidingWindow(30, 10), 1800, 0.85],
  [tokenBucket(180, 1), 1800, 0.8],
  [fixedWindow(1, 60), 10, 0.8],
  // Most of what comes back during so long a pause lapses: only very few refusals would help.
  [tokenBucket(50, 5, 30), 500, 0.6],
];

describe('the budget used in the ten minutes after the first refusal', () => {
  it.each(LIMITS.map((row) => [row[0].name, row[2] * 100, row] as const))(
    '%s: at least %d %%, and no call inside a Retry-After',
    async (_name, _percent, [limit, calls, share]) => {
      const seen = await callFor(limit, 10);
      expect(seen.tooEarly).toBe(0);
      expect(seen.admitted).toBeGreaterThanOrEqual(share * calls);
      expect(seen.refused).toBeLessThanOrEqual(10 + calls / 30);
    },
  );
});
