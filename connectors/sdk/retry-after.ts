const SECONDS = /^\d+(\.\d+)?$/;

/**
 * Seconds to wait by a `Retry-After` header, which holds seconds or an HTTP date (RFC 9110,
 * section 10.2.3). A date that has passed is 0; null: there is no such header or no sense in it.
 */
export function retryAfterSeconds(header: string | null | undefined, now: Date): number | null {
  const value = header?.trim() ?? '';
  if (SECONDS.test(value)) return Number(value);
  // Date.parse takes much that is no date ("-5"); every form of an HTTP date starts with a weekday.
  if (!/^[A-Z][a-z]{2}/.test(value)) return null;
  const until = Date.parse(value);
  return Number.isNaN(until) ? null : Math.max(0, (until - now.getTime()) / 1000);
}
