import { cronTimes } from './cron.js';
import type { Schedule } from './schedule.schema.js';

/** Times of a cron expression that are looked at: it may run hourly by day and rest at night. */
const TIMES = 8;

/** Seconds between two runs, the shortest one soon; null: there are none without being asked. */
export function intervalSeconds(schedule: Schedule | null, now: Date): number | null {
  if (schedule === null) return null;
  if (schedule.cron === undefined) return schedule.every_minutes! * 60;
  const times = cronTimes(schedule.cron, schedule.timezone ?? 'UTC');
  let shortest: number | null = null;
  let before = times.after(now);
  for (let n = 0; n < TIMES && before; n += 1) {
    const next = times.after(before);
    if (!next) break;
    const seconds = (next.getTime() - before.getTime()) / 1000;
    shortest = Math.min(shortest ?? Infinity, seconds);
    before = next;
  }
  return shortest;
}
