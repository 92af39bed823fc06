import { shownName, type SlackBot, type SlackUser, type SlackUserGroup } from '../model/people.js';
import type { Workspace } from '../model/workspace.js';
import type { Json } from './blocks-json.js';

/** @param email only with the scope users:read.email */
export function userJson(workspace: Workspace, user: SlackUser, email: boolean): Json {
  const { realName, displayName, isBot, deleted } = user;
  const [firstName = '', ...rest] = realName.split(' ');
  return {
    id: user.id,
    team_id: workspace.team.id,
    name: user.name,
    deleted,
    // Deactivated users lose these: https://docs.slack.dev/reference/objects/user-object
    ...(!deleted && {
      color: '4bbe2e',
      real_name: realName,
      tz: user.timeZone,
      tz_label: 'Central European Time',
      tz_offset: 3600,
      is_admin: false,
      is_owner: false,
      is_primary_owner: false,
      is_restricted: false,
      is_ultra_restricted: false,
      is_email_confirmed: !isBot,
      who_can_share_contact_card: 'EVERYONE',
    }),
    profile: {
      title: user.title,
      phone: '',
      skype: '',
      real_name: realName,
      real_name_normalized: realName,
      display_name: displayName,
      display_name_normalized: displayName,
      first_name: firstName,
      last_name: rest.join(' '),
      fields: {},
      status_text: '',
      status_emoji: '',
      status_expiration: 0,
      avatar_hash: 'g00000000000',
      team: workspace.team.id,
      ...(user.botId !== null && { bot_id: user.botId, api_app_id: workspace.app.appId }),
      ...(email && !isBot && { email: `${user.name}@${workspace.team.domain}.example` }),
    },
    is_bot: isBot,
    is_app_user: false,
    updated: user.updated,
  };
}

export function botJson(bot: SlackBot): Json {
  return {
    id: bot.id,
    deleted: false,
    name: bot.name,
    updated: bot.updated,
    app_id: bot.appId,
    ...(bot.userId !== null && { user_id: bot.userId }),
    icons: {},
  };
}

export function userGroupJson(
  workspace: Workspace,
  group: SlackUserGroup,
  show: { readonly users: boolean; readonly count: boolean },
): Json {
  const { created } = group;
  return {
    id: group.id,
    team_id: workspace.team.id,
    is_usergroup: true,
    is_subteam: true,
    name: group.name,
    description: group.description,
    handle: group.handle,
    is_external: false,
    date_create: created,
    date_update: created,
    date_delete: group.disabled ? created : 0,
    auto_type: null,
    auto_provision: false,
    enterprise_subteam_id: '',
    created_by: group.users[0] ?? workspace.app.userId,
    updated_by: group.users[0] ?? workspace.app.userId,
    deleted_by: null,
    prefs: { channels: [], groups: [] },
    ...(show.users && { users: group.users }),
    ...(show.count && { user_count: group.users.length }),
  };
}

/** The name beside a message of a person or an app. */
export function authorName(
  workspace: Workspace,
  { user, botId, username }: { user: string | null; botId: string | null; username: string | null },
): string {
  if (username !== null) return username;
  const bot = botId === null ? undefined : workspace.bots.get(botId);
  if (bot !== undefined) return bot.name;
  const known = user === null ? undefined : workspace.users.get(user);
  return known === undefined ? (user ?? 'unknown') : shownName(known);
}
