/** Consecutive failed runs after which a connection stops. */
export const MAX_CONSECUTIVE_ERRORS = 5;

/** Unless told otherwise a connection syncs this often. */
export const DEFAULT_SCHEDULE_MINUTES = 30;
