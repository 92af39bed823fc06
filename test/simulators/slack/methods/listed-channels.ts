import type { MethodCall } from '../api/method-call.js';
import { SlackApiError } from '../api/slack-api-error.js';
import type { SlackChannel } from '../model/channel.js';

/** https://docs.slack.dev/reference/methods/conversations.list: an integer under 1000. */
export const LISTED_TYPES = { fallback: 100, most: 999 };

const SCOPES: Readonly<Record<string, string>> = {
  public_channel: 'channels:read',
  private_channel: 'groups:read',
  mpim: 'mpim:read',
  im: 'im:read',
};

/** The channels that the token may see, of the types asked for. Direct messages are not simulated. */
export function listedChannels(call: MethodCall): SlackChannel[] {
  const types = (call.text('types') ?? 'public_channel').split(',').map((type) => type.trim());
  if (types.some((type) => SCOPES[type] === undefined)) throw new SlackApiError('invalid_types');
  for (const type of types) call.requireScope(SCOPES[type]!);
  const { workspace } = call;
  return [...workspace.channels.values()].filter((channel) => {
    if (channel.isArchived && call.flag('exclude_archived')) return false;
    if (!channel.isPrivate) return types.includes('public_channel');
    return types.includes('private_channel') && workspace.canRead(channel);
  });
}

/** What a cursor of such a list belongs to. */
export function listingOf(call: MethodCall): string {
  return `${call.text('types') ?? ''} ${call.flag('exclude_archived')}`;
}
