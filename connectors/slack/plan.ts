import type { CallEstimate, Partition } from '../sdk/contract.js';
import { isOutOfReach } from './channels.js';
import { isReply, isThread } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import { isSlowPage, noteSlowTier, SLOW_CALLS_PER_MINUTE, SLOW_PAGE } from './slow-tier.js';
import { compareTimestamps, secondsBetween } from './timestamp.js';

/** Channels that are looked at; the others are taken to be like them. */
const SAMPLE = 10;

interface ChannelEstimate {
  readonly messages: number;
  readonly threads: number;
  readonly isSlow: boolean;
}

/** Calls until everything is read once, from the newest page of some channels. */
export async function plan(
  source: SlackSource,
  partitions: readonly Partition[],
): Promise<CallEstimate[]> {
  const readable = partitions.filter((partition) => partition.skipReason === undefined);
  const sample = evenly(readable, SAMPLE);
  const estimates: ChannelEstimate[] = [];
  for (const { key } of sample) {
    const estimate = await estimateOf(source, key);
    if (estimate) estimates.push(estimate);
  }
  const isSlow = estimates.some((estimate) => estimate.isSlow);
  const size = isSlow ? SLOW_PAGE : source.pageMessages;
  const scale = estimates.length === 0 ? 0 : readable.length / estimates.length;
  const pages = estimates.reduce(
    (sum, { messages }) => sum + Math.max(1, Math.ceil(messages / size)),
    0,
  );
  const threads = estimates.reduce((sum, estimate) => sum + estimate.threads, 0);
  const basis = `from the newest messages of ${estimates.length} of ${readable.length} channels`;
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

async function estimateOf(source: SlackSource, id: string): Promise<ChannelEstimate | undefined> {
  const { api, pageMessages, memory, ctx } = source;
  const page = await api.history({ channel: id, limit: pageMessages }).catch((error: unknown) => {
    if (isOutOfReach(error)) return undefined;
    throw error;
  });
  if (!page) return undefined;
  await noteSlowTier(ctx.calls, pageMessages, page);
  const isSlow = isSlowPage(pageMessages, page);
  const own = page.messages.filter((message) => !isReply(message));
  const threads = own.filter(isThread).length;
  if (!page.hasMore || own.length === 0) return { messages: own.length, threads, isSlow };
  const times = own.map(({ ts }) => ts).sort(compareTimestamps);
  const [oldest, newest] = [times[0]!, times.at(-1)!];
  const created = memory.channels.get(id)?.created ?? 0;
  const span = Math.max(1, secondsBetween(oldest, newest));
  const age = Math.max(span, secondsBetween(`${created}.000000`, newest));
  // A channel whose age Slack does not tell is taken to be as long again as its newest page.
  const factor = created > 0 ? age / span : 2;
  return { messages: Math.ceil(own.length * factor), threads: Math.ceil(threads * factor), isSlow };
}

function evenly<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]!);
}
