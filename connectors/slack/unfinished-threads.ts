import type { SlackMessage } from './slack-message.js';
import type { Timestamp } from './timestamp.js';

const MAX_KEPT = 64;

/**
 * Long threads that were read in part when Slack asked to wait. In the slow tier every page of
 * replies means a pause, after which the thread would otherwise be begun again, for ever.
 */
export class UnfinishedThreads {
  private readonly messages = new Map<string, ReadonlyMap<Timestamp, SlackMessage>>();

  /** What was read so far; forgotten by this. */
  take(key: string): Map<Timestamp, SlackMessage> {
    const found = new Map(this.messages.get(key));
    this.messages.delete(key);
    return found;
  }

  keep(key: string, messages: ReadonlyMap<Timestamp, SlackMessage>): void {
    if (messages.size === 0) return;
    this.messages.set(key, messages);
    const [first] = this.messages.keys();
    if (this.messages.size > MAX_KEPT && first !== undefined) this.messages.delete(first);
  }
}
