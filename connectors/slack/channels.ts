import type { Partition } from '../sdk/contract.js';
import { hash32 } from './hash.js';
import { matchesPattern } from './pattern.js';
import { refusalCode } from './slack-errors.js';
import type { SlackChannel } from './slack-message.js';
import type { SlackConfig } from './slack.config.js';
import type { SlackSource } from './slack-source.js';
import { type ChannelView, viewOf } from './slack-documents.js';

/** Slack names them together: docs.slack.dev/reference/methods/users.conversations */
export function channelTypes({ private: reads }: Pick<SlackConfig, 'private'>): string {
  return reads ? 'public_channel,private_channel' : 'public_channel';
}

/** Archived channels stay listed: what was said in them is still true. */
export async function* listPartitions(source: SlackSource): AsyncGenerator<Partition> {
  const { api, config, ctx, memory, names } = source;
  const listed: SlackChannel[] = [];
  for await (const channel of api.channels(config.channels, channelTypes(config))) {
    names.addChannel(channel.id, channel.name ?? channel.id);
    if (isWanted(channel, config)) listed.push(channel);
  }
  for (const channel of listed) memory.channels.set(channel.id, channel);
  for (const channel of inTurn(listed, ctx.run)) yield await toPartition(source, channel);
}

/**
 * Channels share the calls of a run, and those that come first take what they need. So each run has
 * an order of its own, the same in all of its attempts.
 */
function inTurn(channels: readonly SlackChannel[], run: string | null): readonly SlackChannel[] {
  if (run === null) return channels;
  const turns = new Map(channels.map(({ id }) => [id, hash32(`${run}:${id}`)]));
  return [...channels].sort((a, b) => turns.get(a.id)! - turns.get(b.id)!);
}

export function isWanted(
  { id, name = '' }: SlackChannel,
  { include, exclude }: Pick<SlackConfig, 'include' | 'exclude'>,
): boolean {
  const matches = (pattern: string): boolean => pattern === id || matchesPattern(pattern, name);
  if (exclude?.some(matches)) return false;
  return include === undefined || include.length === 0 || include.some(matches);
}

/** The channel of a partition; asked for when it was not listed in this run. */
export async function channelOf(source: SlackSource, id: string): Promise<ChannelView> {
  const { api, memory } = source;
  const known = memory.channels.get(id);
  if (known) return viewOf(known);
  const channel = await api.channel(id);
  memory.channels.set(id, channel);
  return viewOf(channel);
}

/** The credentials do not reach the channel (any more), or it was deleted. */
export function isOutOfReach(error: unknown): boolean {
  const code = refusalCode(error);
  return code === 'not_in_channel' || code === 'channel_not_found' || code === 'no_permission';
}

async function toPartition(
  { api, config, ctx }: SlackSource,
  channel: SlackChannel,
): Promise<Partition> {
  const partition = { key: channel.id, title: `#${channel.name ?? channel.id}` };
  if (config.channels === 'joined' || channel.is_member !== false) return partition;
  if (!config.join || channel.is_archived || channel.is_private)
    return { ...partition, skipReason: 'not_joined', outOfReach: true };
  // Whoever only asks gets the answer that a run would make true.
  if (ctx.run === null) return partition;
  try {
    await api.join(channel.id);
    return partition;
  } catch (error) {
    const code = refusalCode(error);
    if (code === undefined) throw error;
    return { ...partition, skipReason: `not_joined: ${code}`, outOfReach: true };
  }
}
