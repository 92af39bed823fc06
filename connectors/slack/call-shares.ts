import type { SlackSource } from './slack-source.js';
import { SLOW_CALLS_PER_MINUTE, SLOW_PAGE } from './slow-tier.js';

/** Tier 3 of https://docs.slack.dev/apis/web-api/rate-limits, until answers tell otherwise. */
const ASSUMED_CALLS_PER_MINUTE = 50;
/** Of a connection that is only synced when asked. */
const ASSUMED_INTERVAL_SECONDS = 1_800;
/** Looking again at what is known takes at most this share of what may be called. */
const SHARE = 0.1;

/** Calls that a run may spend on what is known already. */
async function callsToSpend({ ctx }: SlackSource, method: string): Promise<number> {
  const budget = await ctx.calls.budget(method);
  const perMinute = budget?.callsPerMinute ?? ASSUMED_CALLS_PER_MINUTE;
  return ((perMinute * (ctx.interval ?? ASSUMED_INTERVAL_SECONDS)) / 60) * SHARE;
}

async function messagesPerCall({ ctx, pageMessages }: SlackSource): Promise<number> {
  const budget = await ctx.calls.budget('conversations.history');
  const isSlow = budget !== null && budget.callsPerMinute <= SLOW_CALLS_PER_MINUTE;
  return isSlow ? Math.min(SLOW_PAGE, pageMessages) : pageMessages;
}

/**
 * Takes the calls for listing a channel whole from what all channels of the run have together, in
 * all its attempts; each has one call anyway. False: listing it whole does not fit.
 * @param parents how many messages and parents the channel had when it was last listed whole
 */
export async function takeWholeListing(
  source: SlackSource,
  channel: string,
  parents: number,
): Promise<boolean> {
  const { allowance, memory, ctx } = source;
  // Whoever asks by hand wants to see what changed, and waits for it.
  if (ctx.full || ctx.interval === null) return true;
  const more = Math.ceil(parents / (await messagesPerCall(source))) - 1;
  const all = (await callsToSpend(source, 'conversations.history')) - memory.channels.size;
  allowance.pages = Math.min(allowance.pages ?? Infinity, all);
  // Where Slack asked to wait before the first page, the calls were taken by an earlier attempt.
  if (more <= 0 || allowance.whole.has(channel)) return true;
  if (more > allowance.pages) return false;
  allowance.pages -= more;
  allowance.whole.add(channel);
  return true;
}

/** Pages of a slice; at least one, so that every channel comes round. */
export async function slicePages(source: SlackSource): Promise<number> {
  const channels = Math.max(1, source.memory.channels.size);
  const calls = await callsToSpend(source, 'conversations.history');
  return Math.max(1, Math.floor(calls / channels) - 1);
}

/**
 * How many threads the run may still read again, in all channels together and in all its attempts.
 * @param known what the run had left by a checkpoint of its own; undefined: that does not tell
 */
export async function rereadsLeft(source: SlackSource, known = Infinity): Promise<number> {
  const told = Math.min(known, source.allowance.rereads ?? Infinity);
  if (told < Infinity) return told;
  return Math.max(1, Math.floor(await callsToSpend(source, 'conversations.replies')));
}
