import type { SlackChannel } from './channel.js';
import type { SlackMessage } from './message.js';
import type { SlackUser } from './people.js';

/** Something that happened, for those who listen; messages as they were and as they are. */
export type WorkspaceEvent =
  | {
      readonly kind: 'message_posted';
      readonly channel: SlackChannel;
      readonly message: SlackMessage;
    }
  | {
      readonly kind: 'message_changed';
      readonly channel: SlackChannel;
      readonly message: SlackMessage;
      readonly before: SlackMessage;
    }
  | {
      readonly kind: 'message_deleted';
      readonly channel: SlackChannel;
      readonly before: SlackMessage;
    }
  | {
      readonly kind:
        | 'channel_rename'
        | 'channel_archive'
        | 'channel_unarchive'
        | 'channel_deleted'
        | 'member_joined_channel'
        | 'member_left_channel';
      readonly channel: SlackChannel;
    }
  | { readonly kind: 'user_change'; readonly user: SlackUser }
  | { readonly kind: 'file_deleted'; readonly fileId: string };
