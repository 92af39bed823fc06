import { formatTimestamp } from '../model/timestamp.js';
import type { SlackFile } from '../model/slack-file.js';
import type { Workspace } from '../model/workspace.js';
import type { Json } from './blocks-json.js';

interface FilePlace {
  readonly workspace: Workspace;
  readonly fileOrigin: string;
}

/** A file within a message; a deleted one leaves a stump that only says so. */
export function messageFileJson(place: FilePlace, id: string): Json {
  const file = place.workspace.files.get(id);
  if (file === undefined || file.deleted) return { id, mode: 'tombstone' };
  return baseJson(place, file);
}

/** A file as `files.info` and `files.list` answer it. */
export function fileJson(place: FilePlace, file: SlackFile): Json {
  const { channels } = place.workspace;
  const shares: Record<'public' | 'private', Record<string, Json[]>> = { public: {}, private: {} };
  const ids: Record<'public' | 'private', string[]> = { public: [], private: [] };
  for (const [channelId, times] of file.shares) {
    const channel = channels.get(channelId);
    if (channel === undefined) continue;
    const side = channel.isPrivate ? 'private' : 'public';
    ids[side].push(channelId);
    shares[side][channelId] = times.map((at) => ({
      ts: formatTimestamp(at),
      channel_name: channel.name,
      team_id: place.workspace.team.id,
      share_user_id: file.user,
      reply_users: [],
      reply_users_count: 0,
      reply_count: 0,
    }));
  }
  return {
    ...baseJson(place, file),
    channels: ids.public,
    groups: ids.private,
    ims: [],
    shares,
    comments_count: 0,
  };
}

/** Path of a file's bytes, as on files.slack.com. */
export function filePath(workspace: Workspace, file: SlackFile): string {
  return `/files-pri/${workspace.team.id}-${file.id}/${encodeURIComponent(file.name)}`;
}

function baseJson({ workspace, fileOrigin }: FilePlace, file: SlackFile): Json {
  const url = fileOrigin + filePath(workspace, file);
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: file.filetype,
    pretty_type: file.filetype.toUpperCase(),
    user: file.user,
    user_team: workspace.team.id,
    editable: false,
    size: file.size,
    mode: file.mimetype === 'text/plain' ? 'snippet' : 'hosted',
    is_external: false,
    external_type: '',
    is_public: true,
    public_url_shared: false,
    display_as_bot: false,
    username: '',
    url_private: url,
    url_private_download: url.replace(`-${file.id}/`, `-${file.id}/download/`),
    permalink: `https://${workspace.team.domain}.slack.com/files/${file.user}/${file.id}/${encodeURIComponent(file.name)}`,
    has_rich_preview: false,
    file_access: 'visible',
  };
}
