import type { SlackChannel } from './model/channel.js';
import { isNotice, type SlackMessage } from './model/message.js';
import { formatTimestamp } from './model/timestamp.js';
import type { RemovedText, Workspace } from './model/workspace.js';
import { plainText } from './wire/plain-text.js';
import { authorName } from './wire/user-json.js';

/** A message that a reader with the bot's rights finds in the workspace now. */
export interface TrueMessage {
  readonly channel: string;
  readonly channelName: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  readonly ts: string;
  /** The thread it belongs to; its own `ts` for a parent with replies; null outside threads. */
  readonly threadTs: string | null;
  readonly author: string;
  readonly byBot: boolean;
  /** A notice of Slack itself (joins, renames ...), which an index may leave out. */
  readonly isNotice: boolean;
  /** As a person reads it: names in place of ids. */
  readonly text: string;
  /** Pieces of text, attachments included, that an index must contain verbatim. */
  readonly fragments: readonly string[];
  readonly links: readonly string[];
  readonly files: readonly TrueFile[];
  readonly edited: boolean;
  readonly permalink: string;
}

export interface TrueFile {
  readonly id: string;
  readonly title: string;
  /** What a reader must find in it; null for images and the like. */
  readonly text: string | null;
}

export interface Truth {
  /** By channel, oldest first; tombstones are not among them. */
  readonly messages: readonly TrueMessage[];
  /** Texts of messages and files that were deleted or edited away. They may live on where somebody repeated them. */
  readonly removed: readonly RemovedText[];
}

export function truthOf(workspace: Workspace): Truth {
  const messages: TrueMessage[] = [];
  for (const channel of workspace.channels.values()) {
    if (!workspace.canRead(channel)) continue;
    const sorted = [...channel.history.all()].sort((a, b) => a.at - b.at);
    for (const message of sorted) {
      if (message.subtype !== 'tombstone') messages.push(trueMessage(workspace, channel, message));
    }
  }
  const removed = workspace.removed.map((gone) => ({
    ...gone,
    text: gone.file === undefined ? plainText(workspace, gone.text).text : gone.text,
  }));
  return { messages, removed };
}

function trueMessage(
  workspace: Workspace,
  channel: SlackChannel,
  message: SlackMessage,
): TrueMessage {
  const { text, fragments, links } = plainText(workspace, message.text);
  const attachments = (message.attachments ?? []).flatMap(({ title, text: body, fields }) => [
    title,
    ...plainText(workspace, body).fragments,
    ...fields.map(({ value }) => value),
  ]);
  const threadAt = message.threadAt ?? (message.replies === null ? null : message.at);
  return {
    channel: channel.id,
    channelName: channel.name,
    isPrivate: channel.isPrivate,
    isArchived: channel.isArchived,
    ts: formatTimestamp(message.at),
    threadTs: threadAt === null ? null : formatTimestamp(threadAt),
    author: authorName(workspace, message),
    byBot: message.botId !== null,
    isNotice: isNotice(message),
    text,
    fragments: [...fragments, ...attachments],
    links,
    files: (message.fileIds ?? []).flatMap((id) => {
      const file = workspace.files.get(id);
      if (file === undefined || file.deleted) return [];
      return [{ id, title: file.title, text: file.text }];
    }),
    edited: message.edited !== null,
    permalink: workspace.permalink(channel, message),
  };
}
