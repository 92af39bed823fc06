import type { CallRate } from '../../support/rate-limiter.js';
import type { ApiMethod } from './method-call.js';

/**
 * How fast the API may be called, per method and installation: `documented` = Slack's tiers
 * (https://docs.slack.dev/apis/web-api/rate-limits), a number = calls per minute for every method,
 * a table = for the methods it names, null = no limit.
 */
export type Rates =
  'documented' | number | CallRate | Readonly<Record<string, number | CallRate>> | null;

/** Commercial apps outside the Marketplace: one call a minute, at most 15 objects. */
const SLOW_METHODS: ReadonlySet<string> = new Set([
  'conversations.history',
  'conversations.replies',
]);
const SLOW_RATE: CallRate = { callsPerMinute: 1 };
export const SLOW_PAGE_SIZE = 15;

/** https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps */
export function rateOf(method: ApiMethod, rates: Rates, slowTier: boolean): CallRate | null {
  if (slowTier && SLOW_METHODS.has(method.name)) return SLOW_RATE;
  const rate = chosenRate(method, rates);
  return typeof rate === 'number' ? { callsPerMinute: rate } : rate;
}

function chosenRate(method: ApiMethod, rates: Rates): number | CallRate | null {
  if (rates === null || typeof rates === 'number') return rates;
  if (rates === 'documented') return method.callsPerMinute;
  if (isCallRate(rates)) return rates;
  return rates[method.name] ?? null;
}

function isCallRate(rates: CallRate | Readonly<Record<string, unknown>>): rates is CallRate {
  return 'callsPerMinute' in rates;
}
