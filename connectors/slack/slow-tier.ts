import type { SourceCalls } from '../sdk/calls.js';
import type { MessagePage } from './slack-api.js';

/**
 * Apps that are sold but not listed in Slack's Marketplace get 15 messages a call and one call a
 * minute; apps that a workspace made for itself do not
 * (https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps).
 */
export const SLOW_PAGE = 15;
export const SLOW_CALLS_PER_MINUTE = 1;

/** A Retry-After of this many seconds is that of the slow tier; the others' are shorter. */
export const SLOW_RETRY_AFTER_SECONDS = 50;

/** More was asked for and more is there: the answer was cut to the slow tier's size. */
export function isSlowPage(limit: number, { messages, hasMore }: MessagePage): boolean {
  return limit > SLOW_PAGE && hasMore && messages.length === SLOW_PAGE;
}

/** Tells the budgets of the slow tier's limit before it is met, and of its end. */
export async function noteSlowTier(
  calls: SourceCalls,
  limit: number,
  page: MessagePage,
): Promise<void> {
  const isSlow = isSlowPage(limit, page);
  if (!isSlow && page.messages.length <= SLOW_PAGE) return;
  const known = await calls.budget('conversations.history');
  const isKnownAsSlow = known !== null && known.callsPerMinute <= SLOW_CALLS_PER_MINUTE;
  if (isSlow === isKnownAsSlow) return;
  const budget = isSlow ? { callsPerMinute: SLOW_CALLS_PER_MINUTE } : null;
  for (const method of ['conversations.history', 'conversations.replies'])
    await calls.limit(method, budget);
}
