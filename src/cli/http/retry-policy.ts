const ATTEMPTS = 4;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;
/** A server that wants more patience than this is reported as busy. */
const LONGEST_RETRY_AFTER_MS = 60_000;
const RETRIED = new Set([429, 500, 502, 503, 504]);

/**
 * Milliseconds to wait before the next attempt, or null to give up. All requests of this client
 * may be repeated: reads by nature, writes because they carry an Idempotency-Key.
 * @param attempt the one that just failed, from 1
 * @param failure the status and code of the answer, or `null` when there was none
 */
export function retryDelay(
  attempt: number,
  failure: { status: number; code: string; retryAfter: string | null } | null,
  now: Date,
): number | null {
  if (attempt >= ATTEMPTS) return null;
  const backoff = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
  if (failure === null) return backoff;
  const underWay = failure.code === 'idempotency_in_progress';
  if (!RETRIED.has(failure.status) && !underWay) return null;
  const asked = parseRetryAfter(failure.retryAfter, now);
  if (asked === null) return backoff;
  return asked <= LONGEST_RETRY_AFTER_MS ? asked : null;
}

/** Seconds or an HTTP date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
export function parseRetryAfter(header: string | null, now: Date): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now.getTime());
}
