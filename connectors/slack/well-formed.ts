import { asObject, type JsonObject } from './json-object.js';
import type { SlackFile, SlackMessage } from './slack-message.js';

/** Gives a value as it is when it is fit to be read, else what of it is; undefined: nothing. */
type Mend = (value: unknown) => unknown;

/** What of an object is read, and how. */
type Shape = readonly (readonly [key: string, mend: Mend])[];

/** Eleven digits are some 3,000 years; a time beyond those is no date in every place. */
const TIMESTAMP = /^\d{1,11}\.\d+$/;
const MAX_SECONDS = 99_999_999_999;

const text: Mend = (value) => (typeof value === 'string' ? value : undefined);
const number: Mend = (value) => (typeof value === 'number' && value >= 0 ? value : undefined);
const seconds: Mend = (value) => (Number(number(value)) <= MAX_SECONDS ? value : undefined);
const timestamp: Mend = (value) => (isTimestamp(value) ? value : undefined);

const USER_PROFILE: Shape = [
  ['display_name', text],
  ['real_name', text],
];
const BOT_PROFILE: Shape = [
  ['name', text],
  ['app_id', text],
];
const SHARE: Shape = [
  ['ts', timestamp],
  ['thread_ts', timestamp],
];

const FILE: Shape = [
  ...['id', 'name', 'title', 'mimetype', 'mode', 'external_url', 'file_access', 'permalink'].map(
    (key) => [key, text] as const,
  ),
  ...['url_private', 'url_private_download', 'user'].map((key) => [key, text] as const),
  ...['created', 'timestamp', 'updated', 'edit_timestamp'].map((key) => [key, seconds] as const),
  ['size', number],
  [
    'shares',
    object([
      ['public', sharesByChannel],
      ['private', sharesByChannel],
    ]),
  ],
];

/** Blocks and attachments are read with care, field by field, so any value will do there. */
const MESSAGE: Shape = [
  ...['text', 'user', 'subtype', 'username', 'bot_id', 'app_id'].map((key) => [key, text] as const),
  ['thread_ts', timestamp],
  ['latest_reply', timestamp],
  ['reply_count', number],
  ['reply_users_count', number],
  ['reply_users', listOf(text)],
  ['edited', object([['ts', timestamp]])],
  ['bot_profile', object(BOT_PROFILE)],
  ['user_profile', object(USER_PROFILE)],
  ['files', listOf(asFile)],
];

/**
 * What Slack sends as messages, fit to be read: fields of another type than documented are taken to
 * be missing, and what has no timestamp is no message. Nothing is copied where nothing is odd.
 */
export function wellFormedMessages(messages: readonly unknown[]): SlackMessage[] {
  return listOf((value) =>
    isTimestamp(asObject(value).ts) ? mended(asObject(value), MESSAGE) : undefined,
  )(messages) as SlackMessage[];
}

/** Files as messages or lists of files show them; those without an id are left out. */
export function wellFormedFiles(files: readonly unknown[]): SlackFile[] {
  return listOf(asFile)(files) as SlackFile[];
}

function isTimestamp(value: unknown): boolean {
  return typeof value === 'string' && TIMESTAMP.test(value);
}

function asFile(value: unknown): JsonObject | undefined {
  return typeof asObject(value).id === 'string' ? mended(asObject(value), FILE) : undefined;
}

function sharesByChannel(value: unknown): unknown {
  const shares = asObject(value);
  return mended(
    shares,
    Object.keys(shares).map((channel) => [channel, listOf(asShare)]),
  );
}

function asShare(value: unknown): JsonObject | undefined {
  return isTimestamp(asObject(value).ts) ? mended(asObject(value), SHARE) : undefined;
}

function object(shape: Shape): Mend {
  return (value) =>
    typeof value === 'object' && value !== null ? mended(asObject(value), shape) : undefined;
}

/** null, which Slack writes for what is not there, is taken to be missing. */
function mended(value: JsonObject, shape: Shape): JsonObject {
  let copy: Record<string, unknown> | undefined;
  for (const [key, mend] of shape) {
    const field = value[key];
    if (field === undefined) continue;
    const kept = mend(field);
    if (kept === field) continue;
    copy ??= { ...value };
    if (kept === undefined) delete copy[key];
    else copy[key] = kept;
  }
  return copy ?? value;
}

/** Items of which nothing can be read are left out. */
function listOf(mend: Mend): Mend {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const items = value as unknown[];
    const isFine = items.every((item) => item !== undefined && mend(item) === item);
    return isFine ? items : items.map(mend).filter((item) => item !== undefined);
  };
}
