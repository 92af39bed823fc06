import { z } from 'zod';
import type { Directory } from './directory.js';
import { hashOf } from './hash.js';
import { messageText } from './message-text.js';
import type { Names } from './names.js';
import { isTombstone, type SlackMessage } from './slack-message.js';
import { writtenTime } from './timestamp.js';

/** A message as it appears in a document. Plain JSON: an open session waits in the checkpoint. */
export const RenderedMessage = z.object({
  ts: z.string(),
  /** null: Slack did not say who. */
  authorId: z.string().nullable(),
  author: z.string(),
  /** Without author and time; '' when there is nothing to read. */
  text: z.string(),
  edited: z.string().optional(),
  /** Of what is shown, names not resolved: a renaming is no edit. */
  hash: z.string(),
});

export type RenderedMessage = z.infer<typeof RenderedMessage>;

export function render(message: SlackMessage, names: Directory): RenderedMessage {
  const edited = message.edited?.ts;
  const { text, raw } = isTombstone(message) ? NOTHING : textsOf(message, names);
  return {
    ts: message.ts,
    ...(isTombstone(message)
      ? { authorId: null, author: 'Unknown' }
      : { authorId: message.user ?? message.bot_id ?? null, author: authorOf(message, names) }),
    text,
    ...(edited !== undefined && { edited }),
    hash: contentHash(message, raw),
  };
}

const MAX_AUTHOR = 90;
const NOTHING = { text: '', raw: '' };

/** Ids stay as they are. */
const UNRESOLVED: Names = { user: (id) => id, channel: (id) => id, userGroup: (id) => id };

/** The text with names and with ids; most messages name nobody, so both are the same. */
function textsOf(message: SlackMessage, names: Names): { text: string; raw: string } {
  let asked = false;
  const look =
    (kind: keyof Names) =>
    (id: string): string => {
      asked = true;
      return names[kind](id);
    };
  const noting: Names = {
    user: look('user'),
    channel: look('channel'),
    userGroup: look('userGroup'),
  };
  const text = messageText(message, noting);
  return { text, raw: asked ? messageText(message, UNRESOLVED) : text };
}

/** `Anna Berg (8 May 2026 14:03): text`; the text may have several lines. */
export function lineOf({ author, ts, text }: RenderedMessage): string {
  return `${author} (${writtenTime(ts)}): ${text}`;
}

export function linesOf(messages: readonly RenderedMessage[]): string {
  return messages
    .filter((message) => message.text !== '')
    .map(lineOf)
    .join('\n');
}

/**
 * Changes with everything that is shown of a message, and with nothing else: ids of blocks and of
 * link previews are made anew for every answer (docs.slack.dev/reference/block-kit/blocks).
 */
function contentHash(message: SlackMessage, raw: string): string {
  const { edited, files, subtype, user, username } = message;
  return hashOf([
    edited?.ts ?? null,
    raw,
    (files ?? []).map(({ id, title, name }) => [id, title ?? null, name ?? null]),
    subtype ?? null,
    user ?? message.bot_id ?? null,
    username ?? null,
  ]);
}

/** Apps may write under another name per message; the name counts, since people see it. */
function authorOf(message: SlackMessage, names: Directory): string {
  const { user, username, bot_profile, user_profile, bot_id } = message;
  if (bot_id !== undefined || user === undefined) {
    const name = username?.trim() || bot_profile?.name?.trim();
    if (name) return oneLine(name);
  }
  if (user === undefined) return bot_id ?? 'Unknown';
  const told = user_profile?.display_name?.trim() || user_profile?.real_name?.trim();
  if (told) names.addUser(user, told);
  return oneLine(names.user(user));
}

/** A line's author ends at the bracket before the time. */
function oneLine(name: string): string {
  const line = name.replace(/\s+/g, ' ');
  // By whole characters: half of one cannot be stored.
  return line.length <= MAX_AUTHOR ? line : [...line].slice(0, MAX_AUTHOR).join('');
}
