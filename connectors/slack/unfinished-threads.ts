import type { SlackMessage } from './slack-message.js';
import type { Timestamp } from './timestamp.js';

const MAX_KEPT = 64;

/** A thread as far as it was read. */
export interface UnfinishedThread {
  readonly messages: Map<Timestamp, SlackMessage>;
  /** It was read whole before, and had changed meanwhile. */
  readonly isSecond: boolean;
}

/**
 * Long threads that were read in part when Slack asked to wait. In the slow tier every page of
 * replies means a pause, after which the thread would otherwise be begun again, for ever.
 */
export class UnfinishedThreads {
  private readonly threads = new Map<string, UnfinishedThread>();

  /** What was read so far; forgotten by this. */
  take(key: string): UnfinishedThread {
    const found = this.threads.get(key);
    this.threads.delete(key);
    return found ?? { messages: new Map(), isSecond: false };
  }

  keep(key: string, thread: UnfinishedThread): void {
    if (thread.messages.size === 0 && !thread.isSecond) return;
    this.threads.set(key, thread);
    const [first] = this.threads.keys();
    if (this.threads.size > MAX_KEPT && first !== undefined) this.threads.delete(first);
  }
}
