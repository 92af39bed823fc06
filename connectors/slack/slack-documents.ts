import type { Access, Body, SourceDocument } from '../sdk/contract.js';
import { fileId, sessionId, threadId } from './document-id.js';
import { hashOf } from './hash.js';
import { botPolicyOf, dropReason, leavesOut } from './message-policy.js';
import { linesOf, render, type RenderedMessage } from './rendered-message.js';
import type { FileShare, SlackChannel, SlackFile, SlackMessage } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import { newestOf, permalink, toDate, type Timestamp, writtenDate } from './timestamp.js';

const MAX_TITLE = 90;
/** More would weigh down every result; the text names them all. */
const MAX_PARTICIPANTS = 50;

/** What is needed of a channel to write a document of it. */
export interface ChannelView {
  readonly id: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
}

export function viewOf(channel: SlackChannel): ChannelView {
  return {
    id: channel.id,
    name: channel.name ?? channel.id,
    isPrivate: channel.is_private === true,
    isArchived: channel.is_archived === true,
  };
}

/** A thread as its parent shows it; its replies are in the body only. */
export function threadDocument(
  source: SlackSource,
  channel: ChannelView,
  parent: SlackMessage,
  body: Body | (() => Promise<Body>),
): SourceDocument {
  const { names, identity, config } = source;
  const { ts } = parent;
  const shown = render(parent, names);
  const replies = parent.reply_count ?? 0;
  // Neither words nor names of a bot that is left out, also where people answered it.
  const isLeftOut = dropReason(parent, config.bots) === 'bot_message';
  const first = isLeftOut ? null : shown.authorId;
  const repliers = (parent.reply_users ?? []).filter(
    (id) => !(isLeftOut && id === shown.authorId) && !leavesOut(config.bots, id, names),
  );
  const authors = [...new Set([first, ...repliers])];
  const newest = newestOf(ts, parent.latest_reply, parent.edited?.ts)!;
  const url = permalink(identity.url, channel.id, ts);
  return {
    ...common(channel),
    externalId: threadId(channel.id, ts),
    version: threadVersion(source, parent, shown),
    title: titleOf(isLeftOut ? '' : shown.text, `Thread of ${writtenDate(ts)} in #${channel.name}`),
    url,
    author: first === null ? null : shown.author,
    times: { createdAt: toDate(ts), updatedAt: toDate(newest) },
    metadata: {
      ...labels(channel),
      thread_ts: ts,
      message_count: isLeftOut ? replies : replies + 1,
      ...people(authors, shown, source),
    },
    body,
  };
}

/** Changes with what a listing shows of a thread, and with the policy on bots where it matters. */
export function threadVersion(
  { config, names }: Pick<SlackSource, 'config' | 'names'>,
  parent: SlackMessage,
  { hash }: Pick<RenderedMessage, 'hash'> = render(parent, names),
): string {
  const policy = botPolicyOf(parent, config.bots, names);
  const replies = parent.reply_count ?? 0;
  const state = [hash, replies, parent.latest_reply ?? null];
  return hashOf(policy === null ? state : [...state, policy]);
}

/** Messages outside threads that were written in one go, oldest first. */
export function sessionDocument(
  { identity }: Pick<SlackSource, 'identity'>,
  channel: ChannelView,
  messages: readonly RenderedMessage[],
): SourceDocument {
  const [first] = messages as readonly [RenderedMessage];
  const url = permalink(identity.url, channel.id, first.ts);
  const titled = messages.find((message) => message.text !== '') ?? first;
  const ids = [...new Set(messages.map((message) => message.authorId))].filter((it) => it !== null);
  const authors = [...new Set(messages.map((message) => message.author))];
  const newest = newestOf(...messages.flatMap(({ ts, edited }) => [ts, edited]))!;
  return {
    ...common(channel),
    externalId: sessionId(channel.id, first.ts),
    version: hashOf(messages.map((message) => [message.ts, message.hash])),
    title: titleOf(titled.text, `Messages of ${writtenDate(first.ts)} in #${channel.name}`),
    url,
    author: first.author,
    times: { createdAt: toDate(first.ts), updatedAt: toDate(newest) },
    metadata: {
      ...labels(channel),
      message_count: messages.length,
      participants: authors.sort().slice(0, MAX_PARTICIPANTS),
      author_ids: ids.sort().slice(0, MAX_PARTICIPANTS),
    },
    body: messagesBody({ identity }, channel.id, messages),
  };
}

/** Messages as lines, and where each of them can be looked up. */
export function messagesBody(
  { identity }: Pick<SlackSource, 'identity'>,
  channel: string,
  messages: readonly RenderedMessage[],
  thread?: Timestamp,
): Body {
  const written = messages.filter((message) => message.text !== '');
  const citations = written.map(({ ts, author }) => ({
    at: toDate(ts),
    author,
    url: permalink(identity.url, channel, ts, thread),
  }));
  return { text: linesOf(written), kind: 'messages', citations };
}

/** A file that a channel shows; the time it was made is its place in the channel's history. */
export function fileDocument(
  { names, identity }: SlackSource,
  channel: ChannelView,
  file: SlackFile,
  body: () => Promise<Body>,
): SourceDocument {
  const { id, title, name, size, mode, edit_timestamp, updated, user } = file;
  const shares = sharesIn(file, channel.id);
  const created = createdAt(file);
  const changed = Math.max(created, (edit_timestamp ?? 0) * 1000, (updated ?? 0) * 1000);
  const messages = shares.map(({ ts, thread_ts }) => ({
    ts,
    url: permalink(identity.url, channel.id, ts, thread_ts),
  }));
  return {
    ...common(channel),
    externalId: fileId(channel.id, id),
    version: hashOf([id, title, name, size, mode, edit_timestamp, updated, file.timestamp]),
    title: titleOf(title?.trim() || name?.trim() || '', 'untitled'),
    url: file.permalink ?? messages[0]?.url ?? null,
    author: user === undefined ? null : names.user(user),
    times: { createdAt: new Date(created), updatedAt: new Date(changed) },
    metadata: {
      ...labels(channel),
      file_id: id,
      file_name: name ?? null,
      media_type: file.mimetype ?? null,
      size: size ?? null,
      messages,
    },
    body,
  };
}

/** Milliseconds. */
export function createdAt(file: SlackFile): number {
  return (file.created ?? file.timestamp ?? 0) * 1000;
}

/** The messages of a channel that show a file. */
export function sharesIn(file: SlackFile, channel: string): readonly FileShare[] {
  return file.shares?.public?.[channel] ?? file.shares?.private?.[channel] ?? [];
}

export function titleOf(text: string, otherwise: string): string {
  const line = text.split('\n').find((it) => it.trim() !== '');
  if (line === undefined) return otherwise;
  const title = line.replace(/\s+/g, ' ').trim();
  if (title.length <= MAX_TITLE) return title;
  const cut = title
    .slice(0, MAX_TITLE - 1)
    .toWellFormed()
    .replace(/\uFFFD$/, '');
  const space = cut.lastIndexOf(' ');
  return `${(space > MAX_TITLE / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/** Who may read: members of a private channel, else everybody in the workspace. */
function accessOf({ id, isPrivate }: ChannelView): Access {
  return isPrivate
    ? { mode: 'restricted', principals: [`slack:channel:${id}`] }
    : { mode: 'public', principals: [] };
}

function common(channel: ChannelView) {
  return {
    partition: channel.id,
    parents: [],
    container: `#${channel.name}`,
    access: accessOf(channel),
  };
}

function labels({ id, name, isArchived }: ChannelView) {
  return { channel_id: id, channel_name: name, ...(isArchived && { channel_archived: true }) };
}

/** Ids of bots have no name of their own; the one who began the thread has one in the message. */
function people(
  ids: readonly (string | null)[],
  { authorId, author }: RenderedMessage,
  { names }: SlackSource,
) {
  const known = ids.filter((id) => id !== null).sort();
  const shown = known.slice(0, MAX_PARTICIPANTS);
  const nameFor = (id: string): string[] => {
    if (id === authorId) return [author];
    return id.startsWith('B') ? [] : [names.user(id)];
  };
  return { participants: shown.flatMap(nameFor), author_ids: shown };
}
