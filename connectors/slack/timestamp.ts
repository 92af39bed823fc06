/**
 * `1700000000.123456`: seconds and microseconds. Unique within a channel, so Slack uses it as the
 * id of a message (https://docs.slack.dev/messaging/retrieving-messages).
 */
export type Timestamp = string;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Below zero when `a` is older. As text, since microseconds do not fit a number's precision. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  const [aSeconds = '', aMicros = ''] = a.split('.');
  const [bSeconds = '', bMicros = ''] = b.split('.');
  if (aSeconds.length !== bSeconds.length) return aSeconds.length - bSeconds.length;
  if (aSeconds !== bSeconds) return aSeconds < bSeconds ? -1 : 1;
  const [left, right] = [aMicros.padEnd(6, '0'), bMicros.padEnd(6, '0')];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** The newest of those that are there. */
export function newestOf(...all: readonly (Timestamp | undefined)[]): Timestamp | undefined {
  let newest: Timestamp | undefined;
  for (const ts of all)
    if (ts !== undefined && (newest === undefined || compareTimestamps(ts, newest) > 0))
      newest = ts;
  return newest;
}

/** Whole milliseconds, rounded down. */
export function toMilliseconds(ts: Timestamp): number {
  const [seconds = '0', micros = ''] = ts.split('.');
  return Number(seconds) * 1000 + Number(micros.slice(0, 3).padEnd(3, '0'));
}

export const toDate = (ts: Timestamp): Date => new Date(toMilliseconds(ts));

export function secondsBetween(older: Timestamp, newer: Timestamp): number {
  return (toMilliseconds(newer) - toMilliseconds(older)) / 1000;
}

/** `8 May 2026 14:03`, in UTC. */
export function writtenTime(ts: Timestamp): string {
  const date = toDate(ts);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return `${writtenDate(ts)} ${time}`;
}

/** `8 May 2026`, in UTC. */
export function writtenDate(ts: Timestamp): string {
  const date = toDate(ts);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/**
 * The address of a message, without asking Slack for it.
 * @param teamUrl as `auth.test` gives it, e.g. `https://example.slack.com/`
 */
export function permalink(
  teamUrl: string,
  channel: string,
  ts: Timestamp,
  thread?: Timestamp,
): string {
  const base = `${teamUrl.replace(/\/+$/, '')}/archives/${channel}/p${ts.replace('.', '')}`;
  return thread === undefined || thread === ts
    ? base
    : `${base}?thread_ts=${thread}&cid=${channel}`;
}
