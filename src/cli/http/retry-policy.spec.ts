import { parseRetryAfter, retryDelay } from './retry-policy.js';

const now = new Date('2026-01-01T00:00:00Z');
const failure = (status: number, retryAfter: string | null = null, code = 'x') => ({
  status,
  code,
  retryAfter,
});

describe('retry policy', () => {
  it('backs off twice as long each time and gives up after four attempts', () => {
    expect([1, 2, 3, 4].map((attempt) => retryDelay(attempt, null, now))).toEqual([
      500,
      1000,
      2000,
      null,
    ]);
  });

  it.each([429, 500, 502, 503, 504])('repeats after a %d', (status) => {
    expect(retryDelay(1, failure(status), now)).toBe(500);
  });

  it.each([400, 401, 403, 404, 409, 422])('does not repeat after a %d', (status) => {
    expect(retryDelay(1, failure(status), now)).toBeNull();
  });

  it('waits for the first request when its repeat came too early', () => {
    expect(retryDelay(1, failure(409, '1', 'idempotency_in_progress'), now)).toBe(1000);
  });

  it('does as Retry-After says, in seconds or as a date, within reason', () => {
    expect(retryDelay(1, failure(503, '7'), now)).toBe(7000);
    expect(retryDelay(1, failure(429, 'Thu, 01 Jan 2026 00:00:03 GMT'), now)).toBe(3000);
    expect(retryDelay(1, failure(429, '3600'), now)).toBeNull();
    expect(parseRetryAfter('soon', now)).toBeNull();
  });
});
