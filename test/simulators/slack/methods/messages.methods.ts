import type { ApiMethod, MethodCall, PageLimits } from '../api/method-call.js';
import { SlackApiError } from '../api/slack-api-error.js';
import type { TimeWindow } from '../model/channel-history.js';
import { parseTimestamp } from '../model/timestamp.js';
import type { Json } from '../wire/blocks-json.js';
import { messageJson, type MessagePlace } from '../wire/message-json.js';

const WINDOW = {
  cursor: { type: 'string' },
  // `include_all_metadata` came after the OpenAPI document of 2021:
  // https://docs.slack.dev/reference/methods/conversations.history
  include_all_metadata: { type: 'boolean' },
  inclusive: { type: 'boolean' },
  latest: { type: 'timestamp' },
  limit: { type: 'integer' },
  oldest: { type: 'timestamp' },
} as const;

/** https://docs.slack.dev/reference/methods/conversations.history */
const history: ApiMethod = {
  name: 'conversations.history',
  parameters: { channel: { type: 'string', required: true }, ...WINDOW },
  scope: null,
  callsPerMinute: 50,
  needsToken: true,
  handle(call) {
    const channel = call.channel('history', 'read');
    const start = call.start(channel.id);
    const startAt = start === undefined ? Infinity : Number(start);
    const limit = call.pageSize(pageLimits(call, { fallback: 100, most: 999 }));
    const slice = channel.history.newestFirst(windowOf(call), startAt, limit);
    const place = placeOf(call, channel, 'history');
    return {
      messages: slice.messages.map((message) => messageJson(place, message)),
      pin_count: 0,
      channel_actions_count: 0,
      ...echoedBounds(call),
      ...pageEnd(call, channel.id, slice.nextAt),
    };
  },
};

/**
 * https://docs.slack.dev/reference/methods/conversations.replies: the parent first, on every page,
 * then replies oldest first. Asked with the `ts` of a reply it answers that reply alone.
 */
const replies: ApiMethod = {
  name: 'conversations.replies',
  parameters: {
    channel: { type: 'string', required: true },
    ts: { type: 'timestamp', required: true },
    ...WINDOW,
  },
  scope: null,
  callsPerMinute: 50,
  needsToken: true,
  handle(call) {
    const channel = call.channel('history', 'read');
    const at = parseTimestamp(call.required('ts'));
    const message = at === null ? undefined : channel.history.find(at);
    // Joins and leaves cannot be threaded.
    const unthreadable = ['channel_join', 'channel_leave'].includes(message?.subtype ?? '');
    if (message === undefined || unthreadable) throw new SlackApiError('thread_not_found');
    const listing = `${channel.id} ${message.at}`;
    const start = call.start(listing);
    const size = call.pageSize(pageLimits(call, { fallback: 1000, most: 1000 }));
    const place = placeOf(call, channel, 'thread');
    // The parent counts, but a page always goes on by one reply.
    const limit = size === 0 ? 0 : Math.max(1, size - 1);
    const startAt = Number(start ?? 0);
    const slice = channel.history.oldestFirst(message, windowOf(call), startAt, limit);
    return {
      messages: [message, ...slice.messages].map((one) => messageJson(place, one)),
      ...pageEnd(call, listing, slice.nextAt),
    };
  },
};

const getPermalink: ApiMethod = {
  name: 'chat.getPermalink',
  parameters: {
    channel: { type: 'string', required: true },
    message_ts: { type: 'timestamp', required: true },
  },
  scope: null,
  callsPerMinute: null,
  needsToken: true,
  handle(call) {
    const { workspace } = call;
    const channel = workspace.channels.get(call.required('channel'));
    if (channel === undefined || (channel.isPrivate && !workspace.canRead(channel))) {
      throw new SlackApiError('channel_not_found');
    }
    const at = parseTimestamp(call.required('message_ts'));
    const message = at === null ? undefined : channel.history.find(at);
    if (message === undefined) throw new SlackApiError('message_not_found');
    return { channel: channel.id, permalink: workspace.permalink(channel, message) };
  },
};

export const messagesMethods: readonly ApiMethod[] = [history, replies, getPermalink];

function windowOf(call: MethodCall): TimeWindow {
  return {
    oldest: call.bound('oldest') ?? -1,
    latest: call.bound('latest') ?? Infinity,
    inclusive: call.flag('inclusive'),
  };
}

/** Both the maximum and the default shrink for unlisted apps, without a word in the answer. */
function pageLimits(call: MethodCall, limits: PageLimits): PageLimits {
  const slow = call.context.slowPageSize;
  return slow === null ? limits : { ...limits, fallback: slow, cap: slow };
}

function placeOf(
  call: MethodCall,
  channel: MessagePlace['channel'],
  view: MessagePlace['view'],
): MessagePlace {
  return { workspace: call.workspace, channel, fileOrigin: call.context.fileOrigin, view };
}

function echoedBounds(call: MethodCall): Json {
  const latest = call.text('latest');
  const oldest = call.text('oldest');
  return { ...(latest !== undefined && { latest }), ...(oldest !== undefined && { oldest }) };
}

function pageEnd(call: MethodCall, listing: string, nextAt: number | null): Json {
  if (nextAt === null) return { has_more: false };
  const next_cursor = call.nextCursor(listing, String(nextAt));
  return { has_more: true, response_metadata: { next_cursor } };
}
