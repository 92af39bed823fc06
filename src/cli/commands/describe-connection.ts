import type { ConnectionAnswer } from '../../connections/connections.schema.js';

/** `every 30 min`, `every 6 h`, `cron 0 7 * * 1-5 (Europe/Berlin)`, `only when asked`. */
export function describeSchedule(schedule: ConnectionAnswer['schedule']): string {
  if (schedule === null) return 'only when asked';
  const { every_minutes: minutes, cron, timezone } = schedule;
  if (minutes === undefined) return `cron ${cron}${timezone ? ` (${timezone})` : ''}`;
  if (minutes % 1440 === 0) return minutes === 1440 ? 'every day' : `every ${minutes / 1440} d`;
  return minutes % 60 === 0 ? `every ${minutes / 60} h` : `every ${minutes} min`;
}

/** What a connection reads: the folder of `files`, the account of others. */
export function describeSource({
  provider,
  config,
  account_id: account,
}: ConnectionAnswer): string {
  const path = config['path'];
  return provider === 'files' && typeof path === 'string' ? path : account;
}
