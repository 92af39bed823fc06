import type { ApiMethod, MethodCall } from '../api/method-call.js';
import { SlackApiError } from '../api/slack-api-error.js';
import type { SlackChannel } from '../model/channel.js';
import { botJson, userGroupJson, userJson } from '../wire/user-json.js';
import { channelJson } from '../wire/channel-json.js';
import { LISTED_TYPES, listedChannels, listingOf } from './listed-channels.js';

const WITH_EMAIL = 'users:read.email';

/** https://docs.slack.dev/reference/methods/users.list and its neighbours. */
export const peopleMethods: readonly ApiMethod[] = [
  {
    name: 'users.list',
    // `team_id` came after the OpenAPI document of 2021, as in the other lists.
    parameters: {
      cursor: { type: 'string' },
      limit: { type: 'integer' },
      include_locale: { type: 'boolean' },
      team_id: { type: 'string' },
    },
    scope: 'users:read',
    callsPerMinute: 20,
    needsToken: true,
    handle(call) {
      const { workspace } = call;
      // Without a limit Slack tries to send everybody.
      const limits = { fallback: Math.max(1, workspace.users.size), most: 1000 };
      const unlimited = { ...limits, most: Math.max(1000, limits.fallback) };
      const asked = call.text('limit') === undefined ? unlimited : limits;
      const { items, response_metadata } = call.page(workspace.users.values(), 'users', asked);
      const email = call.hasScope(WITH_EMAIL);
      return {
        members: items.map((user) => userJson(workspace, user, email)),
        cache_ts: 1_700_000_000,
        response_metadata,
      };
    },
  },
  {
    name: 'users.info',
    parameters: {
      user: { type: 'string', required: true },
      include_locale: { type: 'boolean' },
    },
    scope: 'users:read',
    callsPerMinute: 100,
    needsToken: true,
    handle(call) {
      const user = call.workspace.users.get(call.required('user'));
      if (user === undefined) throw new SlackApiError('user_not_found');
      return { user: userJson(call.workspace, user, call.hasScope(WITH_EMAIL)) };
    },
  },
  {
    name: 'users.conversations',
    parameters: {
      user: { type: 'string' },
      types: { type: 'string' },
      exclude_archived: { type: 'boolean' },
      limit: { type: 'integer' },
      cursor: { type: 'string' },
      team_id: { type: 'string' },
    },
    scope: null,
    callsPerMinute: 50,
    needsToken: true,
    handle(call) {
      const { workspace } = call;
      const user = call.text('user') ?? workspace.app.userId;
      const joined = listedChannels(call).filter(({ members }) => members.has(user));
      const listing = `${user} ${listingOf(call)}`;
      const { items, response_metadata } = call.page(joined, listing, LISTED_TYPES);
      return { channels: items.map((channel) => joinedJson(call, channel)), response_metadata };
    },
  },
  {
    name: 'usergroups.list',
    parameters: {
      include_count: { type: 'boolean' },
      include_disabled: { type: 'boolean' },
      include_users: { type: 'boolean' },
      team_id: { type: 'string' },
    },
    scope: 'usergroups:read',
    callsPerMinute: 20,
    needsToken: true,
    handle(call) {
      const { workspace } = call;
      const show = { users: call.flag('include_users'), count: call.flag('include_count') };
      return {
        usergroups: [...workspace.userGroups.values()]
          .filter(({ disabled }) => !disabled || call.flag('include_disabled'))
          .map((group) => userGroupJson(workspace, group, show)),
      };
    },
  },
  {
    name: 'usergroups.users.list',
    parameters: {
      usergroup: { type: 'string', required: true },
      include_disabled: { type: 'boolean' },
      team_id: { type: 'string' },
    },
    scope: 'usergroups:read',
    callsPerMinute: 20,
    needsToken: true,
    handle(call) {
      const group = call.workspace.userGroups.get(call.required('usergroup'));
      if (group === undefined || (group.disabled && !call.flag('include_disabled'))) {
        throw new SlackApiError('no_such_subteam');
      }
      return { users: group.users };
    },
  },
  {
    name: 'bots.info',
    parameters: { bot: { type: 'string' }, team_id: { type: 'string' } },
    scope: 'users:read',
    callsPerMinute: 50,
    needsToken: true,
    handle(call) {
      const bot = call.workspace.bots.get(call.text('bot') ?? call.workspace.app.botId);
      if (bot === undefined) throw new SlackApiError('bot_not_found');
      return { bot: botJson(bot) };
    },
  },
];

/** users.conversations does not tell `is_member`: everything in it is joined. */
function joinedJson(call: MethodCall, channel: SlackChannel): Record<string, unknown> {
  const { is_member: _joined, ...json } = channelJson(call.workspace, channel);
  return json;
}
