import type { CallEstimate, PartlyRead } from '../sdk/contract.js';
import { RateLimitedError } from '../sdk/errors.js';
import type { ChannelEstimate } from './channel-estimates.js';
import { channelOf, isOutOfReach } from './channels.js';
import type { MessagePage } from './slack-api.js';
import type { SlackSource } from './slack-source.js';
import { noteSlowTier, SLOW_CALLS_PER_MINUTE, SLOW_PAGE } from './slow-tier.js';

/** Channels that are looked at; the others are taken to be like them. */
const SAMPLE = 10;

/**
 * Calls until everything is read once, from the newest page of some channels. Messages are taken to
 * be spread evenly over a channel's life, for what is there as for what of it was read already.
 */
export async function plan(
  source: SlackSource,
  partitions: readonly PartlyRead[],
): Promise<CallEstimate[]> {
  const readable = partitions.filter((partition) => partition.skipReason === undefined);
  const estimates = await estimatesOf(source, evenly(readable, SAMPLE), readable);
  const known = [...estimates.values()];
  const isSlow = known.some((estimate) => estimate.isSlow);
  const size = isSlow ? SLOW_PAGE : source.pageMessages;
  const pagesOf = ({ messages }: ChannelEstimate): number =>
    Math.max(1, Math.ceil(messages / size));
  const left = (callsOf: (estimate: ChannelEstimate) => number): number => {
    if (known.length === 0) return 0;
    const mean = known.reduce((sum, estimate) => sum + callsOf(estimate), 0) / known.length;
    const calls = readable.reduce((sum, partition) => {
      const estimate = estimates.get(partition.key);
      const whole = estimate ? callsOf(estimate) : mean;
      return sum + whole * unreadShare(source, partition, estimate);
    }, 0);
    return Math.ceil(calls);
  };
  const tier = isSlow ? '; Slack gives this app 15 messages a call and one call a minute' : '';
  const basis = `from the newest messages of ${known.length} of ${readable.length} channels${tier}`;
  const methods: [string, number][] = [
    ['conversations.history', left(pagesOf)],
    ['conversations.replies', left(({ threads }) => threads)],
  ];
  return Promise.all(
    methods.map(async ([method, calls]) => {
      const budget = await source.ctx.calls.budget(method);
      const callsPerMinute = isSlow ? SLOW_CALLS_PER_MINUTE : (budget?.callsPerMinute ?? null);
      return { method, calls, callsPerMinute, basis };
    }),
  );
}

/**
 * The share, 0 to 1, of a channel's life that is still to be read. Its life ends with its newest
 * message where that is known; all of it is left where Slack does not tell when it began.
 */
function unreadShare(
  { memory, ctx }: SlackSource,
  { key, read }: PartlyRead,
  estimate: ChannelEstimate | undefined,
): number {
  const begin = (memory.channels.get(key)?.created ?? 0) * 1000;
  const end = estimate?.newestAt ?? ctx.clock.now().getTime();
  if (begin === 0 || begin >= end) return 1;
  const ms = read.reduce((sum, { from, to }) => {
    const since = Math.max(begin, from?.getTime() ?? begin);
    const until = Math.min(end, to?.getTime() ?? end);
    return sum + Math.max(0, until - since);
  }, 0);
  return 1 - ms / (end - begin);
}

/** By channel. What is known without a call counts where Slack asks to wait. */
async function estimatesOf(
  source: SlackSource,
  sample: readonly PartlyRead[],
  readable: readonly PartlyRead[],
): Promise<Map<string, ChannelEstimate>> {
  const estimates = new Map<string, ChannelEstimate>();
  try {
    for (const { key } of sample) {
      const estimate = await estimateOf(source, key);
      if (estimate) estimates.set(key, estimate);
    }
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    const { teamId } = source.identity;
    const known = readable.flatMap(({ key }): [string, ChannelEstimate][] => {
      const estimate = source.estimates.of(teamId, key);
      return estimate ? [[key, estimate]] : [];
    });
    if (known.length === 0) throw error;
    return new Map(known);
  }
  return estimates;
}

async function estimateOf(source: SlackSource, id: string): Promise<ChannelEstimate | undefined> {
  const { pageMessages, memory, ctx, estimates, identity } = source;
  const page = await newestPage(source, id).catch((error: unknown) => {
    if (isOutOfReach(error)) return undefined;
    throw error;
  });
  if (!page) return undefined;
  await noteSlowTier(ctx.calls, pageMessages, page);
  return estimates.note(identity.teamId, memory.channels.get(id) ?? { id }, pageMessages, page);
}

/** How old the channel is must be known as well: another question may have listed it. */
async function newestPage(source: SlackSource, id: string): Promise<MessagePage> {
  await channelOf(source, id);
  return source.api.history({ channel: id, limit: source.pageMessages });
}

function evenly<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}
