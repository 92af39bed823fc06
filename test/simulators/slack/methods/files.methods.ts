import type { ApiMethod, MethodCall } from '../api/method-call.js';
import { SlackApiError } from '../api/slack-api-error.js';
import type { SlackFile } from '../model/slack-file.js';
import { fileJson } from '../wire/file-json.js';

const DEFAULT_COUNT = 100;
const MOST_COUNT = 1000;

/** Whether the app may read a file: it was shared where the bot is. */
export function canReadFile(call: Pick<MethodCall, 'workspace'>, file: SlackFile): boolean {
  const { workspace } = call;
  return [...file.shares.keys()].some((id) => {
    const channel = workspace.channels.get(id);
    return channel !== undefined && workspace.canRead(channel);
  });
}

/** https://docs.slack.dev/reference/methods/files.info and files.list. */
export const filesMethods: readonly ApiMethod[] = [
  {
    name: 'files.info',
    parameters: {
      file: { type: 'string', required: true },
      count: { type: 'integer' },
      page: { type: 'integer' },
      limit: { type: 'integer' },
      cursor: { type: 'string' },
    },
    scope: 'files:read',
    callsPerMinute: 100,
    needsToken: true,
    handle(call) {
      const file = call.workspace.files.get(call.required('file'));
      if (file === undefined || !canReadFile(call, file)) throw new SlackApiError('file_not_found');
      if (file.deleted) throw new SlackApiError('file_deleted');
      const { workspace } = call;
      return {
        file: fileJson({ workspace, fileOrigin: call.context.fileOrigin }, file),
        comments: [],
        response_metadata: { next_cursor: '' },
      };
    },
  },
  {
    name: 'files.list',
    parameters: {
      channel: { type: 'string' },
      user: { type: 'string' },
      count: { type: 'integer' },
      page: { type: 'integer' },
      ts_from: { type: 'timestamp' },
      ts_to: { type: 'timestamp' },
      types: { type: 'string' },
      team_id: { type: 'string' },
      show_files_hidden_by_limit: { type: 'boolean' },
    },
    scope: 'files:read',
    callsPerMinute: 50,
    needsToken: true,
    handle(call) {
      const { workspace } = call;
      const files = [...workspace.files.values()]
        .filter((file) => !file.deleted && canReadFile(call, file) && isAskedFor(call, file))
        .sort((a, b) => b.created - a.created);
      const count = Math.min(Number(call.text('count') ?? DEFAULT_COUNT), MOST_COUNT);
      const page = Number(call.text('page') ?? 1);
      const place = { workspace, fileOrigin: call.context.fileOrigin };
      return {
        files: files.slice((page - 1) * count, page * count).map((file) => fileJson(place, file)),
        paging: { count, total: files.length, page, pages: Math.ceil(files.length / count) },
      };
    },
  },
];

function isAskedFor(call: MethodCall, file: SlackFile): boolean {
  const channel = call.text('channel');
  const user = call.text('user');
  const created = file.created * 1_000_000;
  return (
    (channel === undefined || file.shares.has(channel)) &&
    (user === undefined || file.user === user) &&
    created >= (call.bound('ts_from') ?? 0) &&
    created <= (call.bound('ts_to') ?? Infinity)
  );
}
