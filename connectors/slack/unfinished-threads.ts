import type { SlackMessage } from './slack-message.js';
import type { Timestamp } from './timestamp.js';

const MAX_KEPT = 64;
/** Longer than Slack asks to wait, also where several connections share its calls. */
const MAX_AGE_MS = 30 * 60_000;

/** A thread as far as it was read. */
export interface UnfinishedThread {
  readonly messages: Map<Timestamp, SlackMessage>;
  /** It was read whole before, and had changed meanwhile. */
  readonly isSecond: boolean;
}

/** What is read, by whom and when. */
export interface Reading {
  /** null: somebody only asks. */
  readonly run: string | null;
  readonly thread: string;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Long threads that were read in part when Slack asked to wait. In the slow tier every page of
 * replies means a pause, after which the thread would otherwise be begun again, for ever. An edit of
 * what was read already shows nowhere, so only the run that began a thread goes on with it, and not
 * after a long pause: another process may have read the thread to its end meanwhile.
 */
export class UnfinishedThreads {
  private readonly threads = new Map<string, UnfinishedThread & { readonly at: number }>();

  /** What was read so far; forgotten by this. */
  take({ run, thread, now }: Reading): UnfinishedThread {
    const key = `${run}:${thread}`;
    const found = this.threads.get(key);
    this.threads.delete(key);
    return found && isFresh(found.at, now) ? found : { messages: new Map(), isSecond: false };
  }

  keep({ run, thread, now }: Reading, unfinished: UnfinishedThread): void {
    if (run === null || (unfinished.messages.size === 0 && !unfinished.isSecond)) return;
    for (const [key, { at }] of this.threads) if (!isFresh(at, now)) this.threads.delete(key);
    this.threads.set(`${run}:${thread}`, { ...unfinished, at: now });
    const [first] = this.threads.keys();
    if (this.threads.size > MAX_KEPT && first !== undefined) this.threads.delete(first);
  }
}

const isFresh = (at: number, now: number): boolean => Math.abs(now - at) <= MAX_AGE_MS;
