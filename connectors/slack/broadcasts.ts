import { z } from 'zod';
import { RenderedMessage } from './rendered-message.js';
import { isThread, type SlackMessage } from './slack-message.js';
import { compareTimestamps, type Timestamp } from './timestamp.js';

/** They wait in the checkpoint with their texts, and mostly for the next page only. */
const MAX_WAITING = 300;

/** A reply that was also sent to the channel. */
export const Broadcast = z.object({ thread: z.string(), message: RenderedMessage });

export type Broadcast = z.infer<typeof Broadcast>;

interface Listed {
  /** Replies that the page shows, newest first. */
  readonly replies: readonly SlackMessage[];
  /** Threads that begin on the page. */
  readonly threads: ReadonlySet<Timestamp>;
  /** Everything from here on was listed; null: everything was. */
  readonly reached: Timestamp | null;
}

interface Sorted {
  /** Their threads are not there any more, so nothing else holds their texts. */
  readonly alone: readonly RenderedMessage[];
  readonly waiting: readonly Broadcast[];
  /** So many more would wait. */
  readonly tooMany: number;
}

/**
 * A reply that was sent to the channel is read with its thread, unless the listing passes the place
 * of the thread without finding it: it was deleted without a trace, as retention does, or the
 * workspace's plan hides it. That takes no call.
 */
export function sortBroadcasts(
  before: readonly Broadcast[],
  { replies, threads, reached }: Listed,
  render: (message: SlackMessage) => RenderedMessage,
): Sorted {
  // A slice begins a little above the end of the one before it.
  const known = new Set(before.map(({ message }) => message.ts));
  const fresh = replies
    .filter(({ ts, thread_ts = ts }) => !known.has(ts) && !threads.has(thread_ts))
    .map((reply) => ({ thread: reply.thread_ts ?? reply.ts, message: render(reply) }));
  const open = [...before.filter(({ thread }) => !threads.has(thread)), ...fresh];
  const isPassed = ({ thread }: Broadcast): boolean =>
    reached === null || compareTimestamps(thread, reached) >= 0;
  const waiting = open.filter((it) => !isPassed(it));
  return {
    alone: open.filter(isPassed).map(({ message }) => message),
    waiting: waiting.slice(0, MAX_WAITING),
    tooMany: Math.max(0, waiting.length - MAX_WAITING),
  };
}

/** Where the parent of a reply has to be found; null: the reply names no other message. */
export function threadOf({ ts, thread_ts }: SlackMessage): Timestamp | null {
  return thread_ts === undefined || thread_ts === ts ? null : thread_ts;
}

export const isParent = (message: SlackMessage | undefined, ts: Timestamp): boolean =>
  message !== undefined && message.ts === ts && isThread(message);
