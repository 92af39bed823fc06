import type { CallEstimate, Partition } from '../sdk/contract.js';
import { RateLimitedError } from '../sdk/errors.js';
import type { ChannelEstimate } from './channel-estimates.js';
import { channelOf, isOutOfReach } from './channels.js';
import type { MessagePage } from './slack-api.js';
import type { SlackSource } from './slack-source.js';
import { noteSlowTier, SLOW_CALLS_PER_MINUTE, SLOW_PAGE } from './slow-tier.js';

/** Channels that are looked at; the others are taken to be like them. */
const SAMPLE = 10;

/** Calls until everything is read once, from the newest page of some channels. */
export async function plan(
  source: SlackSource,
  partitions: readonly Partition[],
): Promise<CallEstimate[]> {
  const readable = partitions.filter((partition) => partition.skipReason === undefined);
  const sample = evenly(readable, SAMPLE);
  const estimates = await estimatesOf(source, sample, readable);
  const isSlow = estimates.some((estimate) => estimate.isSlow);
  const size = isSlow ? SLOW_PAGE : source.pageMessages;
  const scale = estimates.length === 0 ? 0 : readable.length / estimates.length;
  const pages = estimates.reduce(
    (sum, { messages }) => sum + Math.max(1, Math.ceil(messages / size)),
    0,
  );
  const threads = estimates.reduce((sum, estimate) => sum + estimate.threads, 0);
  const tier = isSlow ? '; Slack gives this app 15 messages a call and one call a minute' : '';
  const basis = `from the newest messages of ${estimates.length} of ${readable.length} channels${tier}`;
  const methods: [string, number][] = [
    ['conversations.history', Math.ceil(pages * scale)],
    ['conversations.replies', Math.ceil(threads * scale)],
  ];
  return Promise.all(
    methods.map(async ([method, calls]) => {
      const known = await source.ctx.calls.budget(method);
      const callsPerMinute = isSlow ? SLOW_CALLS_PER_MINUTE : (known?.callsPerMinute ?? null);
      return { method, calls, callsPerMinute, basis };
    }),
  );
}

/** What is known without a call counts where Slack asks to wait. */
async function estimatesOf(
  source: SlackSource,
  sample: readonly Partition[],
  readable: readonly Partition[],
): Promise<ChannelEstimate[]> {
  const estimates: ChannelEstimate[] = [];
  try {
    for (const { key } of sample) {
      const estimate = await estimateOf(source, key);
      if (estimate) estimates.push(estimate);
    }
  } catch (error) {
    if (!(error instanceof RateLimitedError)) throw error;
    const { teamId } = source.identity;
    const known = readable.flatMap(({ key }) => source.estimates.of(teamId, key) ?? []);
    if (known.length === 0) throw error;
    return known;
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
