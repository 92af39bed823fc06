import type { SlackChannel } from '../model/channel.js';
import type { SlackMessage } from '../model/message.js';
import { formatTimestamp } from '../model/timestamp.js';
import type { Workspace } from '../model/workspace.js';
import type { WorkspaceEvent } from '../model/workspace-event.js';
import type { Json } from '../wire/blocks-json.js';
import { messageJson } from '../wire/message-json.js';
import { userJson } from '../wire/user-json.js';

export interface EventPlace {
  readonly workspace: Workspace;
  readonly fileOrigin: string;
}

/**
 * An event as the Events API sends it: https://docs.slack.dev/reference/events
 * @returns null for what happens where the bot is not
 */
export function eventJson(place: EventPlace, event: WorkspaceEvent): Json | null {
  const { workspace } = place;
  const now = workspace.clock.now().getTime();
  const eventTs = formatTimestamp(now * 1000);
  if (event.kind === 'user_change') {
    const user = userJson(workspace, event.user, false);
    return { type: 'user_change', user, cache_ts: Math.floor(now / 1000), event_ts: eventTs };
  }
  if (event.kind === 'file_deleted') {
    return { type: 'file_deleted', file_id: event.fileId, event_ts: eventTs };
  }
  const { channel } = event;
  const shape = (message: SlackMessage): Json =>
    messageJson({ ...place, channel, view: 'thread' }, message);
  switch (event.kind) {
    case 'message_posted':
    case 'message_changed':
    case 'message_deleted': {
      if (!workspace.canRead(channel)) return null;
      const common = {
        channel: channel.id,
        channel_type: channel.isPrivate ? 'group' : 'channel',
        event_ts: eventTs,
      };
      if (event.kind === 'message_posted') return { ...shape(event.message), ...common };
      const hidden = { type: 'message', hidden: true, ts: eventTs, ...common };
      const previous = shape(event.before);
      if (event.kind === 'message_changed') {
        const message = shape(event.message);
        return { ...hidden, subtype: 'message_changed', message, previous_message: previous };
      }
      const deleted = formatTimestamp(event.before.at);
      return {
        ...hidden,
        subtype: 'message_deleted',
        deleted_ts: deleted,
        previous_message: previous,
      };
    }
    case 'member_joined_channel':
    case 'member_left_channel':
      return {
        type: event.kind,
        user: workspace.app.userId,
        channel: channel.id,
        channel_type: channel.isPrivate ? 'G' : 'C',
        team: workspace.team.id,
        event_ts: eventTs,
      };
    default:
      return { ...channelEvent(workspace, channel, event.kind), event_ts: eventTs };
  }
}

/** Private channels say `group_`: https://docs.slack.dev/reference/events/group_archive */
function channelEvent(workspace: Workspace, channel: SlackChannel, kind: string): Json {
  const type = channel.isPrivate ? kind.replace('channel_', 'group_') : kind;
  if (kind === 'channel_rename') {
    const { id, name, created } = channel;
    return { type, channel: { id, name, created, is_channel: !channel.isPrivate } };
  }
  return { type, channel: channel.id, actor_id: channel.creator, user: workspace.app.userId };
}
