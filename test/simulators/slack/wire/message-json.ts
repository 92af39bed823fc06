import type { SlackChannel } from '../model/channel.js';
import type { Attachment, SlackMessage } from '../model/message.js';
import { formatTimestamp } from '../model/timestamp.js';
import type { Workspace } from '../model/workspace.js';
import { blocksJson, type Json } from './blocks-json.js';
import { messageFileJson } from './file-json.js';

/** Slack names at most five repliers on a parent. */
const REPLY_USERS = 5;

export interface MessagePlace {
  readonly workspace: Workspace;
  readonly channel: SlackChannel;
  /** Where file bytes are served, e.g. `http://127.0.0.1:4703`. */
  readonly fileOrigin: string;
  /** In history a broadcast reply carries its parent as `root`; in its thread it does not. */
  readonly view: 'history' | 'thread';
}

/** A message as `conversations.history` and `conversations.replies` answer it. */
export function messageJson(place: MessagePlace, message: SlackMessage): Json {
  const { workspace, channel, view } = place;
  const json = authoredJson(place, message);
  if (message.replies !== null) addThread(json, message, message.replies);
  if (message.threadAt === null) return json;
  const parent = channel.history.find(message.threadAt);
  json['thread_ts'] = formatTimestamp(message.threadAt);
  if (parent !== undefined) json['parent_user_id'] = authorId(workspace, parent);
  if (view === 'history' && parent !== undefined) json['root'] = messageJson(place, parent);
  return json;
}

function authoredJson(place: MessagePlace, message: SlackMessage): Json {
  const { workspace } = place;
  const ts = formatTimestamp(message.at);
  const json: Json = { type: 'message', ts };
  if (message.subtype !== null) json['subtype'] = message.subtype;
  if (message.subtype === 'tombstone') {
    return { ...json, text: message.text, user: 'USLACKBOT', hidden: true };
  }
  if (message.user !== null) json['user'] = message.user;
  if (message.botId !== null) addBot(json, workspace, message);
  json['text'] = message.layout === 'blocks_only' ? '' : message.text;
  if (message.extra !== null) Object.assign(json, message.extra);
  if (message.subtype === null || message.subtype === 'thread_broadcast') {
    json['team'] = workspace.team.id;
    if (message.botId === null) json['client_msg_id'] = clientMessageId(message.at);
  }
  if (!message.subtype?.startsWith('channel_')) {
    const blocks = blocksJson(message);
    if (blocks.length > 0) json['blocks'] = blocks;
  }
  if (message.attachments !== null) json['attachments'] = message.attachments.map(attachmentJson);
  if (message.fileIds !== null) {
    json['files'] = message.fileIds.map((id) => messageFileJson(place, id));
    json['upload'] = false;
  }
  if (message.reactions !== null) {
    json['reactions'] = message.reactions.map(({ name, users }) => ({
      name,
      users,
      count: users.length,
    }));
  }
  if (message.edited !== null) {
    json['edited'] = { user: message.edited.user, ts: formatTimestamp(message.edited.at) };
  }
  return json;
}

function addBot(json: Json, workspace: Workspace, message: SlackMessage): void {
  const { botId } = message;
  const bot = botId === null ? undefined : workspace.bots.get(botId);
  json['bot_id'] = botId;
  if (message.username !== null) json['username'] = message.username;
  if (bot === undefined) return;
  json['app_id'] = bot.appId;
  if (message.subtype === 'bot_message') return;
  json['bot_profile'] = {
    id: bot.id,
    deleted: false,
    name: bot.name,
    updated: bot.updated,
    app_id: bot.appId,
    icons: {},
    team_id: workspace.team.id,
  };
}

function addThread(json: Json, parent: SlackMessage, replies: readonly SlackMessage[]): void {
  const users = new Set<string>();
  for (const { user, botId } of replies) users.add(user ?? botId ?? 'USLACKBOT');
  json['thread_ts'] = formatTimestamp(parent.at);
  json['reply_count'] = replies.length;
  json['reply_users_count'] = users.size;
  json['latest_reply'] = formatTimestamp(replies.at(-1)!.at);
  json['reply_users'] = [...users].slice(0, REPLY_USERS);
  json['is_locked'] = false;
  json['subscribed'] = false;
}

function authorId(workspace: Workspace, { subtype, user, botId }: SlackMessage): string {
  if (subtype === 'tombstone') return 'USLACKBOT';
  return user ?? (botId === null ? null : workspace.bots.get(botId)?.userId) ?? 'USLACKBOT';
}

function attachmentJson(attachment: Attachment, index: number): Json {
  const { title, titleLink, text, fields, footer } = attachment;
  return {
    id: index + 1,
    color: '36a64f',
    fallback: `${title}: ${text}`,
    title,
    ...(titleLink !== null && { title_link: titleLink }),
    text,
    mrkdwn_in: ['text'],
    ...(fields.length > 0 && { fields: fields.map((field) => ({ ...field, short: true })) }),
    ...(footer !== null && { footer }),
  };
}

/** A UUID made of the message's time: stable without being kept. */
function clientMessageId(at: number): string {
  const hex = at.toString(16).padStart(16, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13)}-8000-${hex.slice(4)}`;
}
