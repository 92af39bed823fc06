import type { ApiMethod } from '../api/method-call.js';
import { SlackApiError } from '../api/slack-api-error.js';
import { channelJson } from '../wire/channel-json.js';
import { LISTED_TYPES, listedChannels, listingOf } from './listed-channels.js';

/** https://docs.slack.dev/reference/methods/conversations.list and its neighbours. */
export const conversationsMethods: readonly ApiMethod[] = [
  {
    name: 'conversations.list',
    parameters: {
      exclude_archived: { type: 'boolean' },
      types: { type: 'string' },
      limit: { type: 'integer' },
      cursor: { type: 'string' },
      team_id: { type: 'string' },
    },
    scope: null,
    callsPerMinute: 20,
    needsToken: true,
    handle(call) {
      const listed = listedChannels(call);
      const { items, response_metadata } = call.page(listed, listingOf(call), LISTED_TYPES);
      return {
        channels: items.map((channel) => channelJson(call.workspace, channel, { members: true })),
        response_metadata,
      };
    },
  },
  {
    name: 'conversations.info',
    parameters: {
      channel: { type: 'string', required: true },
      include_locale: { type: 'boolean' },
      include_num_members: { type: 'boolean' },
    },
    scope: null,
    callsPerMinute: 50,
    needsToken: true,
    handle(call) {
      const show = { members: call.flag('include_num_members') };
      return { channel: channelJson(call.workspace, call.channel('read', 'see'), show) };
    },
  },
  {
    name: 'conversations.members',
    parameters: {
      channel: { type: 'string', required: true },
      limit: { type: 'integer' },
      cursor: { type: 'string' },
    },
    scope: null,
    callsPerMinute: 100,
    needsToken: true,
    handle(call) {
      const channel = call.channel('read', 'see');
      const members = [...channel.members].map((id) => ({ id }));
      const { items, response_metadata } = call.page(members, channel.id, LISTED_TYPES);
      return { members: items.map(({ id }) => id), response_metadata };
    },
  },
  {
    name: 'conversations.join',
    parameters: { channel: { type: 'string', required: true } },
    // A bot needs channels:join; the OpenAPI document of 2021 only knows the user scope.
    // https://docs.slack.dev/reference/methods/conversations.join
    scope: 'channels:join',
    callsPerMinute: 50,
    needsToken: true,
    handle(call) {
      const { workspace } = call;
      const channel = workspace.channels.get(call.required('channel'));
      if (channel === undefined) throw new SlackApiError('channel_not_found');
      if (channel.isPrivate) {
        // https://github.com/slackapi/bolt-js/issues/1656
        const code = workspace.canRead(channel)
          ? 'method_not_supported_for_channel_type'
          : 'channel_not_found';
        throw new SlackApiError(code);
      }
      if (channel.isArchived) throw new SlackApiError('is_archived');
      const already = workspace.canRead(channel);
      if (!already) {
        const { userId } = workspace.app;
        channel.members.add(userId);
        workspace.emit({ kind: 'member_joined_channel', channel });
        workspace.insert(channel, {
          subtype: 'channel_join',
          user: userId,
          text: `<@${userId}> has joined the channel`,
        });
      }
      return {
        channel: channelJson(workspace, channel),
        ...(already && {
          warning: 'already_in_channel',
          response_metadata: { warnings: ['already_in_channel'] },
        }),
      };
    },
  },
];
