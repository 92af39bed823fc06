import type { Body, SourceDocument } from '../sdk/contract.js';
import { DocumentGoneError, RateLimitedError, TransientSourceError } from '../sdk/errors.js';
import { threadId } from './document-id.js';
import { dropReason } from './message-policy.js';
import { render, type RenderedMessage } from './rendered-message.js';
import { ofOneItem } from './of-one-item.js';
import type { MessagePage } from './slack-api.js';
import { isExpiredCursor, refusalCode } from './slack-errors.js';
import { isThread, type SlackMessage } from './slack-message.js';
import {
  type ChannelView,
  messagesBody,
  threadDocument,
  threadVersion,
} from './slack-documents.js';
import type { SlackSource } from './slack-source.js';
import { compareTimestamps, newestOf, type Timestamp } from './timestamp.js';
import type { Reading } from './unfinished-reads.js';

/** Most that Slack gives: docs.slack.dev/reference/methods/conversations.replies */
const MAX_REPLIES = 1000;

export interface Thread {
  readonly parent: SlackMessage;
  /** The parent first. */
  readonly messages: readonly SlackMessage[];
  /** As many replies as the parent says. False: it changed while it was read, twice. */
  readonly isSettled: boolean;
}

/** A thread as far as it was read. */
export interface UnfinishedThread {
  readonly messages: Map<Timestamp, SlackMessage>;
  /** It was read whole before, and had changed meanwhile. */
  readonly isSecond: boolean;
}

/**
 * A parent and all its replies.
 * @throws DocumentGoneError when the thread is not there any more
 * @throws ItemError when this thread alone cannot be read
 */
export async function readThread(
  source: SlackSource,
  channel: string,
  ts: Timestamp,
): Promise<Thread> {
  const { unfinishedThreads: unfinished, identity, ctx } = source;
  const reading = (): Reading => ({
    run: ctx.run,
    item: `${identity.teamId}:${channel}:${ts}`,
    now: ctx.clock.now().getTime(),
  });
  const begun: UnfinishedThread = unfinished.take(reading()) ?? {
    messages: new Map(),
    isSecond: false,
  };
  for (let { messages, isSecond } = begun; ;) {
    try {
      await readReplies(source, channel, ts, messages);
    } catch (error) {
      if (error instanceof RateLimitedError && (messages.size > 0 || isSecond))
        unfinished.keep(reading(), { messages, isSecond });
      throw error;
    }
    const parent = messages.get(ts);
    if (!parent || !isThread(parent)) throw new DocumentGoneError('The thread has no replies now.');
    // A reply that was deleted between two pages is among the messages still.
    const isSettled = [undefined, messages.size - 1].includes(parent.reply_count);
    if (isSettled || isSecond) {
      const sorted = [...messages.values()].sort((a, b) => compareTimestamps(a.ts, b.ts));
      return { parent, messages: sorted, isSettled };
    }
    messages = new Map<Timestamp, SlackMessage>();
    isSecond = true;
  }
}

/** Adds what is not among the messages yet. */
async function readReplies(
  source: SlackSource,
  channel: string,
  ts: Timestamp,
  found: Map<Timestamp, SlackMessage>,
): Promise<void> {
  for (;;) {
    const before = found.size;
    try {
      return await readOn(source, channel, ts, found);
    } catch (error) {
      // An expired cursor: on with what is newer than the last reply, as long as there is more.
      if (!isExpiredCursor(error) || found.size === before) throw error;
    }
  }
}

async function readOn(
  source: SlackSource,
  channel: string,
  ts: Timestamp,
  found: Map<Timestamp, SlackMessage>,
): Promise<void> {
  const oldest = found.size > 1 ? newestOf(...found.keys()) : undefined;
  let cursor: string | undefined;
  do {
    const page = await repliesPage(source, channel, ts, {
      ...(oldest !== undefined && { oldest }),
      ...(cursor !== undefined && { cursor }),
    });
    for (const message of page.messages) found.set(message.ts, message);
    if (page.hasMore && page.cursor === undefined)
      throw new TransientSourceError('malformed_answer', 'A list of replies has no cursor.');
    cursor = page.cursor;
  } while (cursor !== undefined);
}

export async function threadBody(
  source: SlackSource,
  channel: string,
  ts: Timestamp,
): Promise<Body> {
  return bodyOf(source, channel, await readThread(source, channel, ts));
}

/** A thread with its content. */
export async function wholeThread(
  source: SlackSource,
  channel: ChannelView,
  ts: Timestamp,
): Promise<SourceDocument> {
  const thread = await readThread(source, channel.id, ts);
  const body = await bodyOf(source, channel.id, thread);
  const { parent } = thread;
  const document = await source.names.complete(source.api, () =>
    threadDocument(source, channel, parent, body),
  );
  // A version that no listing gives: the next one reads the thread again.
  return thread.isSettled ? document : { ...document, version: `${document.version}~` };
}

async function bodyOf(
  source: SlackSource,
  channel: string,
  { messages, parent }: Thread,
): Promise<Body> {
  const { names, api, config } = source;
  if (!holdsMessages(source, messages)) {
    const version = await names.complete(api, () => threadVersion(source, parent));
    source.emptyThreads.note(source, threadId(channel, parent.ts), version);
    throw new DocumentGoneError('All messages of the thread are left out.');
  }
  // What happened to the channel is left out, unless people talk about it in this thread.
  const kept = messages.filter((message) => {
    const reason = dropReason(message, config.bots);
    return reason === null || (reason === 'system_message' && message === parent);
  });
  const lines = await names.complete(api, (): RenderedMessage[] =>
    kept.map((message) => render(message, names)),
  );
  return messagesBody(source, channel, lines, parent.ts);
}

/** Whether anything of a thread is read: what bots alone wrote is no document without them. */
export function holdsMessages(
  { config: { bots } }: Pick<SlackSource, 'config'>,
  messages: readonly SlackMessage[],
): boolean {
  return bots === 'include' || messages.some((message) => dropReason(message, bots) === null);
}

async function repliesPage(
  { api }: SlackSource,
  channel: string,
  ts: Timestamp,
  from: { readonly oldest?: Timestamp; readonly cursor?: string },
): Promise<MessagePage> {
  const query = { channel, ts, limit: MAX_REPLIES, ...from };
  try {
    return await ofOneItem(api, () => api.replies(query));
  } catch (error) {
    if (refusalCode(error) !== 'thread_not_found') throw error;
    throw new DocumentGoneError('The thread was deleted.', { cause: error });
  }
}
