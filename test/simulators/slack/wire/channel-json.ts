import type { SlackChannel } from '../model/channel.js';
import type { Workspace } from '../model/workspace.js';
import type { Json } from './blocks-json.js';

/** A channel as `conversations.list` and `conversations.info` answer it. */
export function channelJson(
  workspace: Workspace,
  channel: SlackChannel,
  show: { readonly members: boolean } = { members: false },
): Json {
  const { id, name, creator, created, isPrivate } = channel;
  return {
    id,
    name,
    name_normalized: name,
    is_channel: !isPrivate,
    is_group: isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: isPrivate,
    created,
    creator,
    updated: channel.updated,
    is_archived: channel.isArchived,
    is_general: channel.isGeneral,
    unlinked: 0,
    is_shared: false,
    is_org_shared: false,
    is_ext_shared: false,
    is_pending_ext_shared: false,
    pending_shared: [],
    shared_team_ids: [workspace.team.id],
    pending_connected_team_ids: [],
    context_team_id: workspace.team.id,
    is_member: workspace.canRead(channel),
    topic: { value: channel.topic, creator, last_set: created },
    purpose: { value: channel.purpose, creator, last_set: created },
    previous_names: channel.previousNames,
    ...(show.members && { num_members: channel.members.size }),
  };
}
