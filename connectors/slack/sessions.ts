import { hash32 } from './hash.js';
import { secondsBetween, type Timestamp } from './timestamp.js';

/** One in so many messages begins a session whatever the pause, so busy channels split, too. */
const MEAN_MESSAGES = 32;

/**
 * Groups messages outside threads into sessions, taking them newest first as Slack lists them.
 *
 * A message begins a session when the one before it is longer ago than the gap, or when its own
 * timestamp says so. Both can be seen from the message and its predecessor alone, so the sessions
 * do not depend on where a listing begins or how it is cut into pages, and an edit or a deletion
 * changes one session and no other one.
 */
export class SessionSplitter<Message extends { readonly ts: Timestamp }> {
  /** The session that is still open, newest message first. */
  #held: Message[];

  constructor(
    private readonly gapSeconds: number,
    held: readonly Message[] = [],
  ) {
    this.#held = [...held];
  }

  get held(): readonly Message[] {
    return this.#held;
  }

  /** @returns the sessions that this message closes, each oldest message first */
  add(message: Message): Message[][] {
    const closed = this.reached(message.ts);
    this.#held.push(message);
    return beginsByItself(message.ts) ? [...closed, ...this.end()] : closed;
  }

  /** All messages down to this time were added; older ones may follow. */
  reached(ts: Timestamp): Message[][] {
    const oldest = this.#held.at(-1);
    return oldest && isGap(ts, oldest.ts, this.gapSeconds) ? this.end() : [];
  }

  /** There are no older messages. */
  end(): Message[][] {
    if (this.#held.length === 0) return [];
    const session = this.#held.reverse();
    this.#held = [];
    return [session];
  }
}

export function beginsByItself(ts: Timestamp): boolean {
  return hash32(ts) % MEAN_MESSAGES === 0;
}

export function isGap(older: Timestamp, newer: Timestamp, gapSeconds: number): boolean {
  return secondsBetween(older, newer) > gapSeconds;
}
