/** Hidden documents stay restorable for this long, rows and vectors included. */
export const GRACE_DAYS = 7;
/** Ended runs are kept for this long, with their attempts, partitions and requests. */
export const RUN_DAYS = 90;
/** Failures that were resolved are kept for this long. */
export const RESOLVED_FAILURE_DAYS = 30;
/** Plans are kept as long as a backfill may be reckoned by them. */
export const PLAN_DAYS = 90;

const DAY_MS = 86_400_000;

export function purgeTime(now: Date): Date {
  return new Date(now.getTime() + GRACE_DAYS * DAY_MS);
}

export function daysAgo(now: Date, days: number): Date {
  return new Date(now.getTime() - days * DAY_MS);
}
