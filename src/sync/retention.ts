/** Hidden documents stay restorable for this long, rows and vectors included. */
export const GRACE_DAYS = 7;

const DAY_MS = 86_400_000;

export function purgeTime(now: Date): Date {
  return new Date(now.getTime() + GRACE_DAYS * DAY_MS);
}
