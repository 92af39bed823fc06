import type { SlackMessage } from './message.js';

/** A bound of a time window, in microseconds. */
export interface TimeWindow {
  readonly oldest: number;
  readonly latest: number;
  /** Whether messages exactly at a bound belong to it. */
  readonly inclusive: boolean;
}

export interface Slice {
  readonly messages: SlackMessage[];
  /** `at` of the first message that did not fit; null when everything did. */
  readonly nextAt: number | null;
}

/** Messages of one channel, found by time without walking over the others. */
export class ChannelHistory {
  private readonly byTime = new Map<number, SlackMessage>();
  /** What the channel itself shows, oldest first: everything but replies that stay in threads. */
  private readonly timeline: SlackMessage[] = [];

  get size(): number {
    return this.byTime.size;
  }

  all(): Iterable<SlackMessage> {
    return this.byTime.values();
  }

  find(at: number): SlackMessage | undefined {
    return this.byTime.get(at);
  }

  /** Takes many messages at once; parents must be among them or here already. */
  load(messages: readonly SlackMessage[]): void {
    const sorted = [...messages].sort((a, b) => a.at - b.at);
    for (const message of sorted) this.insert(message);
  }

  insert(message: SlackMessage): void {
    if (this.byTime.has(message.at)) throw new TypeError(`a message at ${message.at} exists`);
    this.byTime.set(message.at, message);
    if (message.threadAt !== null) {
      const parent = this.byTime.get(message.threadAt);
      if (parent === undefined) throw new TypeError(`no message at ${message.threadAt}`);
      insertSorted((parent.replies ??= []), message);
      if (message.subtype !== 'thread_broadcast') return;
    }
    insertSorted(this.timeline, message);
  }

  remove(message: SlackMessage): void {
    this.byTime.delete(message.at);
    removeSorted(this.timeline, message);
    if (message.threadAt === null) return;
    const parent = this.byTime.get(message.threadAt);
    if (parent?.replies == null) return;
    removeSorted(parent.replies, message);
    if (parent.replies.length === 0) parent.replies = null;
  }

  /** Newest first. @param startAt the page starts at the newest message not after it */
  newestFirst(window: TimeWindow, startAt: number, limit: number): Slice {
    const { timeline } = this;
    const lowest = firstAfter(timeline, window.inclusive ? window.oldest - 1 : window.oldest);
    let at = Math.min(
      firstAfter(timeline, window.inclusive ? window.latest : window.latest - 1),
      firstAfter(timeline, startAt),
    );
    const messages: SlackMessage[] = [];
    while (messages.length < limit && at > lowest) messages.push(timeline[--at]!);
    return { messages, nextAt: at > lowest ? timeline[at - 1]!.at : null };
  }

  /** Replies of a thread, oldest first. @param startAt the page starts at the first not before */
  oldestFirst(parent: SlackMessage, window: TimeWindow, startAt: number, limit: number): Slice {
    const replies = parent.replies ?? [];
    const from = Math.max(
      firstAfter(replies, window.inclusive ? window.oldest - 1 : window.oldest),
      firstAfter(replies, startAt - 1),
    );
    const end = firstAfter(replies, window.inclusive ? window.latest : window.latest - 1);
    const stop = Math.min(end, from + limit);
    return {
      messages: replies.slice(from, stop),
      nextAt: stop < end ? replies[stop]!.at : null,
    };
  }
}

/** Index of the first message later than `at`. */
function firstAfter(sorted: readonly SlackMessage[], at: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insertSorted(sorted: SlackMessage[], message: SlackMessage): void {
  const last = sorted.at(-1);
  if (last === undefined || last.at < message.at) sorted.push(message);
  else sorted.splice(firstAfter(sorted, message.at), 0, message);
}

function removeSorted(sorted: SlackMessage[], message: SlackMessage): void {
  const at = firstAfter(sorted, message.at) - 1;
  if (sorted[at] === message) sorted.splice(at, 1);
}
