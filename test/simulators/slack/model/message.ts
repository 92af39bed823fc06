/** One message as the workspace keeps it; the wire form is made when it is served. */
export interface SlackMessage {
  /** Microseconds since 1970: time and id of the message within its channel. */
  readonly at: number;
  /** Wire mrkdwn: `<@U1>`, `<https://...|label>`, `:emoji:`, with &amp; &lt; &gt; escaped. */
  text: string;
  readonly user: string | null;
  /** Set on messages of apps. */
  readonly botId: string | null;
  /** Name shown instead of the bot's, for `bot_message`. */
  readonly username: string | null;
  subtype: MessageSubtype | null;
  /** `at` of the parent, on replies. */
  readonly threadAt: number | null;
  /** Replies, oldest first; null while there are none. */
  replies: SlackMessage[] | null;
  edited: { readonly user: string; readonly at: number } | null;
  fileIds: readonly string[] | null;
  attachments: readonly Attachment[] | null;
  reactions: readonly Reaction[] | null;
  /** Where the text stands: in `text` and rich_text blocks, in section blocks, or blocks only. */
  layout: 'rich' | 'section' | 'blocks_only';
  /** Keys of some subtypes, e.g. `topic`, `inviter`, `old_name`. */
  readonly extra: Readonly<Record<string, string>> | null;
}

export type MessageSubtype =
  | 'bot_message'
  | 'channel_archive'
  | 'channel_join'
  | 'channel_leave'
  | 'channel_name'
  | 'channel_purpose'
  | 'channel_topic'
  | 'channel_unarchive'
  | 'me_message'
  | 'thread_broadcast'
  | 'tombstone';

/** Notices of the service itself; nobody wrote them. */
const NOTICES: ReadonlySet<MessageSubtype | null> = new Set<MessageSubtype>([
  'channel_archive',
  'channel_join',
  'channel_leave',
  'channel_name',
  'channel_purpose',
  'channel_topic',
  'channel_unarchive',
]);

export function isNotice(message: SlackMessage): boolean {
  return NOTICES.has(message.subtype);
}

export interface Attachment {
  readonly title: string;
  readonly titleLink: string | null;
  readonly text: string;
  readonly fields: readonly { readonly title: string; readonly value: string }[];
  readonly footer: string | null;
}

export interface Reaction {
  readonly name: string;
  readonly users: readonly string[];
}

export type MessageDraft = Partial<Omit<SlackMessage, 'at' | 'replies'>> & { readonly at: number };

export function makeMessage(draft: MessageDraft): SlackMessage {
  return {
    at: draft.at,
    text: draft.text ?? '',
    user: draft.user ?? null,
    botId: draft.botId ?? null,
    username: draft.username ?? null,
    subtype: draft.subtype ?? null,
    threadAt: draft.threadAt ?? null,
    replies: null,
    edited: draft.edited ?? null,
    fileIds: draft.fileIds ?? null,
    attachments: draft.attachments ?? null,
    reactions: draft.reactions ?? null,
    layout: draft.layout ?? 'rich',
    extra: draft.extra ?? null,
  };
}
