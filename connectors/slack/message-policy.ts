import { isFromBot, isTombstone, type SlackMessage } from './slack-message.js';
import type { Directory } from './directory.js';
import type { SlackConfig } from './slack.config.js';

/** Notices of what happened to the channel, which nobody wrote. */
const NOTICES = new Set([
  ...['bot_add', 'bot_remove', 'bot_enable', 'bot_disable', 'pinned_item', 'unpinned_item'],
  ...['reminder_add', 'channel_canvas_updated', 'ekm_access_denied', 'tabbed_canvas_updated'],
  ...['channel_join', 'channel_leave', 'channel_topic', 'channel_purpose', 'channel_name'],
  ...[
    'channel_archive',
    'channel_unarchive',
    'channel_convert_to_private',
    'channel_posting_permissions',
  ],
  ...['channel_convert_to_public', 'group_join', 'group_leave', 'group_topic', 'group_purpose'],
  ...['group_name', 'group_archive', 'group_unarchive'],
]);

export type DropReason = 'system_message' | 'bot_message' | 'deleted_message';

/** Why a message is left out; null: it is read. */
export function dropReason(message: SlackMessage, bots: SlackConfig['bots']): DropReason | null {
  if (isTombstone(message)) return 'deleted_message';
  if (message.subtype !== undefined && NOTICES.has(message.subtype)) return 'system_message';
  if (isFromBot(message) && !keepsBot(message, bots)) return 'bot_message';
  return null;
}

/**
 * What the policy on bots adds to the version of a thread, so that a change of it reaches those
 * threads in which bots may have written. A listing shows the parent only: messages that an app
 * wrote in a person's name among the replies are found by the audit.
 * @returns null: the policy leaves nothing out of the thread
 */
export function botPolicyOf(
  parent: SlackMessage,
  bots: SlackConfig['bots'],
  names: Pick<Directory, 'mayBeBot'>,
): readonly string[] | null {
  if (bots === 'include') return null;
  const { reply_users: shown = [], reply_users_count: count = Infinity } = parent;
  const areAllPeople = shown.length >= count && !shown.some((id) => names.mayBeBot(id));
  if (areAllPeople && !isFromBot(parent)) return null;
  return bots === 'exclude' ? [] : [...new Set(bots.map((bot) => bot.toLowerCase()))].sort();
}

/**
 * Whether everything in a thread is left out, as far as its parent tells. False says nothing: names
 * under which bots write, and more than five of those who replied, are known once it is read.
 */
export function isOfBotsOnly(
  parent: SlackMessage,
  bots: SlackConfig['bots'],
  names: Pick<Directory, 'mayBeBot'>,
): boolean {
  const keepsSome = bots === 'include' || (bots !== 'exclude' && bots.length > 0);
  if (keepsSome || dropReason(parent, bots) === null) return false;
  const { reply_users: shown = [], reply_users_count: count = Infinity } = parent;
  return shown.length >= count && shown.every((id) => id !== 'USLACKBOT' && names.mayBeBot(id));
}

/** Whether what a user of the workspace posts is left out. */
export function leavesOut(
  bots: SlackConfig['bots'],
  user: string,
  names: Pick<Directory, 'botNames'>,
): boolean {
  if (bots === 'include') return false;
  const called = names.botNames(user);
  return called !== undefined && !isNamed(bots, called);
}

function keepsBot(message: SlackMessage, bots: SlackConfig['bots']): boolean {
  if (bots === 'include') return true;
  const { bot_id, app_id, username, bot_profile } = message;
  return isNamed(bots, [bot_id, app_id, username, bot_profile?.name, bot_profile?.app_id]);
}

function isNamed(
  bots: Exclude<SlackConfig['bots'], 'include'>,
  names: readonly (string | undefined)[],
): boolean {
  if (bots === 'exclude') return false;
  return bots.some((wanted) => names.some((name) => name?.toLowerCase() === wanted.toLowerCase()));
}
