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

const USER_PROFILE = each(text, 'display_name', 'real_name');
const BOT_PROFILE = each(text, 'name', 'app_id');
const SHARE = each(timestamp, 'ts', 'thread_ts');

const FILE: Shape = [
  ...each(text, 'id', 'name', 'title', 'mimetype', 'mode', 'user', 'file_access'),
  ...each(text, 'external_url', 'permalink', 'url_private', 'url_private_download'),
  ...each(seconds, 'created', 'timestamp', 'updated', 'edit_timestamp'),
  ...each(number, 'size'),
  ...each(object(each(sharesByChannel, 'public', 'private')), 'shares'),
];

/** Blocks and attachments are read with care, field by field, so any value will do there. */
const MESSAGE: Shape = [
  ...each(text, 'text', 'user', 'subtype', 'username', 'bot_id', 'app_id'),
  ...each(timestamp, 'thread_ts', 'latest_reply'),
  ...each(number, 'reply_count', 'reply_users_count'),
  ...each(listOf(text), 'reply_users'),
  ...each(object(each(timestamp, 'ts')), 'edited'),
  ...each(object(BOT_PROFILE), 'bot_profile'),
  ...each(object(USER_PROFILE), 'user_profile'),
  ...each(listOf(asFile), 'files'),
];

function each(mend: Mend, ...keys: string[]): Shape {
  return keys.map((key) => [key, mend]);
}

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
  return mended(shares, each(listOf(asShare), ...Object.keys(shares)));
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
