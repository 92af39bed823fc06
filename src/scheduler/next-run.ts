import { createHash } from 'node:crypto';
import { cronTimes } from './cron.js';
import { MAX_JITTER_SECONDS, type Schedule } from './schedule.schema.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Unless told otherwise a connection starts late by up to this share of the interval ... */
const JITTER_SHARE = 0.1;
/** ... and never by more than this. */
const MAX_DEFAULT_JITTER = 5 * MINUTE;

/** What the next run of a connection depends on, besides its schedule. */
export interface Timing {
  /** Its id: decides by how much it is late, which stays the same from run to run. */
  readonly connection: string;
  readonly now: Date;
  /** The time it was due, when that has come; null when the schedule is new. */
  readonly due: Date | null;
}

/**
 * When a connection is due next: the one place that decides it. Always later than `now`, so times
 * that were missed while nothing was running are made up for by one run; and, asked again at that
 * time, never in the same slot. Times are whole seconds late at most by the jitter.
 */
export function nextRunAt(schedule: Schedule, timing: Timing): Date {
  return schedule.cron === undefined
    ? nextOfInterval(schedule, timing)
    : nextOfCron(schedule.cron, schedule, timing);
}

/** Stays on the grid of the first due time, however late the runs are. */
function nextOfInterval(schedule: Schedule, { connection, now, due }: Timing): Date {
  const interval = schedule.every_minutes! * MINUTE;
  if (!due) return new Date(now.getTime() + interval + delay(schedule, connection, interval));
  const passed = Math.floor((now.getTime() - due.getTime()) / interval);
  return new Date(due.getTime() + (Math.max(0, passed) + 1) * interval);
}

/**
 * Cron times keep their order when each is moved within the gap before its next one, so the
 * earliest moved time after `now` is the answer, and a slot has one moved time.
 */
function nextOfCron(expression: string, schedule: Schedule, { connection, now }: Timing): Date {
  const times = cronTimes(expression, schedule.timezone ?? 'UTC');
  let slot = times.after(new Date(now.getTime() - MAX_JITTER_SECONDS * SECOND));
  while (slot) {
    const following = times.after(slot);
    const gap = following ? following.getTime() - slot.getTime() : MAX_DEFAULT_JITTER;
    const late = slot.getTime() + delay(schedule, connection, gap);
    if (late > now.getTime()) return new Date(late);
    slot = following;
  }
  throw new Error(`the schedule "${expression}" has no next time`);
}

/** Milliseconds, whole seconds, less than `interval`. */
function delay(schedule: Schedule, connection: string, interval: number): number {
  const asked = schedule.jitter_seconds;
  const most =
    asked === undefined
      ? Math.min(MAX_DEFAULT_JITTER, JITTER_SHARE * interval)
      : Math.min(asked * SECOND, interval - SECOND);
  return Math.floor((share(connection) * most) / SECOND) * SECOND;
}

/** 0 to almost 1, evenly spread over connections. */
function share(connection: string): number {
  return createHash('sha256').update(connection).digest().readUInt32BE() / 2 ** 32;
}
