/** Not listed to its end yet; later runs go on. */
export const BACKFILL_IN_PROGRESS = 'backfill in progress';
/** Each run lists a part, and all runs together list everything, over and over. */
export const ROTATING = 'rotating';
/** What is known is not looked at again as often as the configuration wants: there is too much. */
export const AUDIT_OVERDUE = 'audit overdue';

/**
 * Reasons for which a feed is not complete although nothing is wrong. Any other gap makes the run
 * partial.
 */
export const PLANNED_GAPS: ReadonlySet<string> = new Set([
  BACKFILL_IN_PROGRESS,
  ROTATING,
  AUDIT_OVERDUE,
]);
