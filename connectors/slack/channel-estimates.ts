import type { MessagePage } from './slack-api.js';
import type { SlackChannel } from './slack-message.js';
import { isReply, isThread } from './slack-message.js';
import { isSlowPage } from './slow-tier.js';
import { compareTimestamps, secondsBetween, toMilliseconds } from './timestamp.js';

/** What a channel holds, judged by its newest page. */
export interface ChannelEstimate {
  readonly messages: number;
  readonly threads: number;
  readonly isSlow: boolean;
  /** When its newest message was written, ms; null: it has none. */
  readonly newestAt: number | null;
}

const MAX_KEPT = 10_000;

/**
 * The last estimate of each channel. In the slow tier the one call of a minute is made by the run,
 * so whoever asks for a plan meanwhile gets what was learned last.
 */
export class ChannelEstimates {
  private readonly kept = new Map<string, ChannelEstimate>();

  /** @param page the newest messages of the channel */
  note(
    team: string,
    channel: Pick<SlackChannel, 'id' | 'created'>,
    limit: number,
    page: MessagePage,
  ): ChannelEstimate {
    const estimate = estimateOf(channel.created ?? 0, limit, page);
    const key = `${team}:${channel.id}`;
    this.kept.delete(key);
    this.kept.set(key, estimate);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return estimate;
  }

  of(team: string, channel: string): ChannelEstimate | undefined {
    return this.kept.get(`${team}:${channel}`);
  }
}

/** @param created when the channel was made, Unix seconds; 0: Slack does not tell */
function estimateOf(created: number, limit: number, page: MessagePage): ChannelEstimate {
  const isSlow = isSlowPage(limit, page);
  const own = page.messages.filter((message) => !isReply(message));
  const threads = own.filter(isThread).length;
  const times = own.map(({ ts }) => ts).sort(compareTimestamps);
  const [oldest, newest] = [times[0], times.at(-1)];
  const newestAt = newest === undefined ? null : toMilliseconds(newest);
  const counted = { messages: own.length, threads, isSlow, newestAt };
  if (!page.hasMore || oldest === undefined || newest === undefined) return counted;
  const span = Math.max(1, secondsBetween(oldest, newest));
  const age = Math.max(span, secondsBetween(`${created}.000000`, newest));
  // A channel whose age Slack does not tell is taken to be as long again as its newest page.
  const factor = created > 0 ? age / span : 2;
  return {
    ...counted,
    messages: Math.ceil(own.length * factor),
    threads: Math.ceil(threads * factor),
  };
}
