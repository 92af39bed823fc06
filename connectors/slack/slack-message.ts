import type { Timestamp } from './timestamp.js';

/** A message as `conversations.history` and `conversations.replies` give it; what is used of it. */
export interface SlackMessage {
  readonly ts: Timestamp;
  readonly thread_ts?: Timestamp;
  readonly subtype?: string;
  readonly user?: string;
  readonly username?: string;
  readonly bot_id?: string;
  readonly app_id?: string;
  readonly bot_profile?: { readonly name?: string; readonly app_id?: string };
  readonly user_profile?: { readonly display_name?: string; readonly real_name?: string };
  readonly text?: string;
  readonly blocks?: readonly unknown[];
  readonly attachments?: readonly unknown[];
  readonly files?: readonly SlackFile[];
  readonly edited?: { readonly ts?: Timestamp };
  readonly reply_count?: number;
  /** Some of those who replied; all of them when they are as many as `reply_users_count`. */
  readonly reply_users?: readonly string[];
  readonly reply_users_count?: number;
  readonly latest_reply?: Timestamp;
}

/** https://docs.slack.dev/reference/objects/file-object */
export interface SlackFile {
  readonly id: string;
  readonly name?: string | null;
  readonly title?: string | null;
  readonly mimetype?: string;
  readonly filetype?: string;
  /** hosted, snippet, space, external, tombstone, hidden_by_limit ... */
  readonly mode?: string;
  readonly size?: number;
  readonly is_external?: boolean;
  readonly external_url?: string;
  /** `check_file_info`: a file of another workspace, whose details take a call. */
  readonly file_access?: string;
  readonly permalink?: string;
  readonly url_private?: string;
  readonly url_private_download?: string;
  /** Unix seconds, as the following ones. */
  readonly created?: number;
  readonly timestamp?: number;
  readonly updated?: number;
  readonly edit_timestamp?: number;
  readonly user?: string;
  /** In `files.list` and `files.info` only. */
  readonly shares?: {
    readonly public?: { readonly [channel: string]: readonly FileShare[] };
    readonly private?: { readonly [channel: string]: readonly FileShare[] };
  };
}

export interface FileShare {
  readonly ts: Timestamp;
  readonly thread_ts?: Timestamp;
}

export interface SlackChannel {
  readonly id: string;
  readonly name?: string;
  readonly is_private?: boolean;
  readonly is_archived?: boolean;
  readonly is_member?: boolean;
  /** Unix seconds. */
  readonly created?: number;
}

/** The message begins a thread that has replies. */
export function isThread(message: SlackMessage): boolean {
  if (message.reply_count !== undefined) return message.reply_count > 0;
  return message.thread_ts === message.ts;
}

/** A reply; in a channel's history only as the copy that was also sent to the channel. */
export function isReply(message: SlackMessage): boolean {
  if (message.subtype === 'thread_broadcast') return true;
  return message.thread_ts !== undefined && message.thread_ts !== message.ts;
}

/** What is left of a deleted message that has replies. */
export const isTombstone = (message: SlackMessage): boolean => message.subtype === 'tombstone';

export const isFromBot = (message: SlackMessage): boolean =>
  message.bot_id !== undefined || message.subtype === 'bot_message';
