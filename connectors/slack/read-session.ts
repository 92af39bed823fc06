import type { SourceDocument } from '../sdk/contract.js';
import { RateLimitedError } from '../sdk/errors.js';
import { isParent, threadOf } from './broadcasts.js';
import { dropReason } from './message-policy.js';
import { render, type RenderedMessage } from './rendered-message.js';
import { beginsByItself, isGap } from './sessions.js';
import type { MessagePage, SlackApi } from './slack-api.js';
import { type ChannelView, sessionDocument } from './slack-documents.js';
import { isReply, isThread, type SlackMessage } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import { compareTimestamps, type Timestamp, toMilliseconds } from './timestamp.js';
import type { Reading } from './unfinished-reads.js';

const PAGE = 100;

/** Pages of history by what was asked for. */
export type AnsweredPages = Map<string, MessagePage>;

type History = SlackApi['history'];

interface Look {
  readonly source: SlackSource;
  readonly channel: string;
  readonly history: History;
}

/**
 * The session that begins with a message, as a listing makes it.
 * @returns null when the message is not there or does not begin a session (any more)
 */
export async function readSession(
  source: SlackSource,
  channel: ChannelView,
  first: Timestamp,
): Promise<SourceDocument | null> {
  const { names, api, identity, ctx, unfinishedSessions: unfinished } = source;
  const reading = (): Reading => ({
    run: ctx.run,
    item: `${identity.teamId}:${channel.id}:${first}`,
    now: ctx.clock.now().getTime(),
  });
  const answered: AnsweredPages = unfinished.take(reading()) ?? new Map<string, MessagePage>();
  const look = { source, channel: channel.id, history: answering(api, answered) };
  try {
    const alone = await aloneAt(look, first);
    if (!alone && !(await begins(look, first))) return null;
    const messages = alone ? [alone] : await messagesFrom(look, first);
    const rendered = await names.complete(api, (): RenderedMessage[] =>
      messages.map((message) => render(message, names)),
    );
    return sessionDocument(source, channel, rendered);
  } catch (error) {
    if (error instanceof RateLimitedError && answered.size > 0)
      unfinished.keep(reading(), answered);
    throw error;
  }
}

/** Each question is asked once, also over a pause. */
function answering(api: SlackApi, answered: AnsweredPages): History {
  return async (query) => {
    const key = JSON.stringify(query);
    const page = answered.get(key) ?? (await api.history(query));
    answered.set(key, page);
    return page;
  };
}

/** The reply that was sent to the channel then, if its thread is not there any more. */
async function aloneAt(look: Look, ts: Timestamp): Promise<SlackMessage | null> {
  const { source, channel, history } = look;
  const { messages } = await history(windowBefore(look, ts));
  const message = messages.find((it) => it.ts === ts);
  if (!message || !isReply(message) || dropReason(message, source.config.bots) !== null)
    return null;
  const thread = threadOf(message);
  if (thread === null) return message;
  const there = { channel, oldest: thread, latest: thread, inclusive: true, limit: 1 };
  const [parent] = (await history(there)).messages;
  return isParent(parent, thread) ? null : message;
}

/** Nothing older than the gap decides whether a message begins a session. */
function windowBefore({ source, channel }: Look, ts: Timestamp) {
  const oldest = shifted(ts, -source.config.session_gap_minutes * 60);
  return { channel, oldest, latest: ts, inclusive: true, limit: PAGE };
}

/** Whether the message is there and begins a session; mostly one call, as pauses are short. */
async function begins(look: Look, ts: Timestamp): Promise<boolean> {
  const { source, history } = look;
  const gap = source.config.session_gap_minutes * 60;
  let isThere = false;
  let cursor: string | undefined;
  do {
    const window = windowBefore(look, ts);
    const page = await history({ ...window, ...(cursor !== undefined && { cursor }) });
    for (const message of newestFirst(page.messages).filter((it) => belongs(source, it))) {
      if (message.ts === ts) isThere = true;
      else return isThere && (beginsByItself(ts) || isGap(message.ts, ts, gap));
    }
    // A message that is there is the newest of its window.
    if (!isThere) return false;
    cursor = page.cursor;
  } while (cursor !== undefined);
  return isThere;
}

/** Messages of the session that begins there, oldest first. */
async function messagesFrom(look: Look, first: Timestamp): Promise<SlackMessage[]> {
  const gap = look.source.config.session_gap_minutes * 60;
  const session: SlackMessage[] = [];
  // Slack lists the newest of a window first, so windows of one gap each are gone through.
  for (let oldest = first; ;) {
    const latest = shifted(oldest, gap);
    const window = await inWindow(look, oldest, latest);
    const fresh = window.filter(
      ({ ts }) => !session.length || compareTimestamps(ts, session.at(-1)!.ts) > 0,
    );
    for (const message of fresh) {
      const before = session.at(-1);
      const isNext = before && (beginsByItself(message.ts) || isGap(before.ts, message.ts, gap));
      if (isNext) return session;
      session.push(message);
    }
    const last = session.at(-1);
    if (!last || fresh.length === 0) return session;
    oldest = last.ts;
  }
}

/** Both ends included, oldest first. */
async function inWindow(
  { source, channel, history }: Look,
  oldest: Timestamp,
  latest: Timestamp,
): Promise<SlackMessage[]> {
  const found: SlackMessage[] = [];
  let cursor: string | undefined;
  do {
    const window = { channel, oldest, latest, inclusive: true, limit: source.pageMessages };
    const page = await history({ ...window, ...(cursor !== undefined && { cursor }) });
    found.push(...page.messages.filter((message) => belongs(source, message)));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return newestFirst(found).reverse();
}

function belongs({ config }: SlackSource, message: SlackMessage): boolean {
  return !isReply(message) && !isThread(message) && dropReason(message, config.bots) === null;
}

const newestFirst = (messages: readonly SlackMessage[]): SlackMessage[] =>
  [...messages].sort((a, b) => compareTimestamps(b.ts, a.ts));

/** So many seconds later, one more millisecond away since pauses are measured in them. */
function shifted(ts: Timestamp, seconds: number): Timestamp {
  const at = toMilliseconds(ts) + seconds * 1000 + Math.sign(seconds);
  const whole = Math.floor(at / 1000);
  return `${whole}.${String(at - whole * 1000).padStart(3, '0')}000`;
}
