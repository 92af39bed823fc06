import { AppError } from '../common/errors/app-error.js';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const RETRIABLE = new Set(['40001', '40P01']);
const NO_SPACE = new Set(['53100', 'ENOSPC', 'disk_full']);
const UNREACHABLE = /^(08...|57P0.|53300)$|^E(CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN)/;
/** Why a server refuses a login, and what to do about it. */
const REFUSED = new Map([
  ['3D000', 'Create the database first, e.g. with createdb, or correct its name in DATABASE_URL.'],
  ['28000', 'Correct the role in DATABASE_URL, or let pg_hba.conf admit it.'],
  ['28P01', 'Correct the role and password in DATABASE_URL.'],
]);
/** `pg` and `pg-pool` give these no code. */
const UNREACHABLE_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|write after end)/i;

/** A serialization failure or deadlock: the same transaction may succeed when run again. */
export function isRetriable(error: unknown): boolean {
  return unwrap(error).some(({ code }) => RETRIABLE.has(String(code)));
}

/** A statement waited longer for a lock than its transaction's `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  return unwrap(error).some(({ code }) => code === '55P03');
}

/** The login lacks a right that the statement needs. */
export function isDenied(error: unknown): boolean {
  return unwrap(error).some(({ code }) => code === '42501');
}

/** A row with the same unique key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return unwrap(error).some(({ code }) => code === '23505');
}

/** A row refers to one that is not there, e.g. to what was deleted meanwhile. */
export function isForeignKeyViolation(error: unknown): boolean {
  return unwrap(error).some(({ code }) => code === '23503');
}

/**
 * What callers must tell apart becomes an AppError (`disk_full`, `database_unavailable`,
 * `database_busy` for a conflict with other transactions that repeating did not get over), and so
 * does a refused login (`configuration_invalid`, with what to do); every other error, e.g. a broken
 * constraint, stays as it is.
 */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const errors = unwrap(error);
  if (errors.some(({ code }) => NO_SPACE.has(String(code)))) {
    return new AppError('disk_full', 'The disk is full.', { cause: error });
  }
  if (errors.some(isUnreachable)) {
    return new AppError('database_unavailable', 'The database cannot be reached.', {
      retryAfter: 1,
      cause: error,
    });
  }
  if (isRetriable(error)) {
    return new AppError('database_busy', 'Other requests kept changing the same rows.', {
      retryAfter: 1,
      cause: error,
    });
  }
  const refusal = errors.find(({ code }) => REFUSED.has(String(code)));
  if (refusal) {
    const advice = REFUSED.get(String(refusal.code));
    const message = `PostgreSQL: ${String(refusal.message)}. ${advice}`;
    return new AppError('configuration_invalid', message, { cause: error });
  }
  return error;
}

interface AnyError {
  code?: unknown;
  message?: unknown;
  driverError?: unknown;
  errors?: unknown;
}

function isUnreachable({ code, message }: AnyError): boolean {
  if (code === 'database_unavailable') return true;
  return UNREACHABLE.test(String(code)) || UNREACHABLE_MESSAGE.test(String(message));
}

/** The error and what it wraps: TypeORM keeps the driver's error in its own, Node keeps several. */
function unwrap(error: unknown): AnyError[] {
  if (typeof error !== 'object' || error === null) return [];
  const { driverError, errors } = error as AnyError;
  const several: unknown[] = Array.isArray(errors) ? errors : [];
  return [error, ...unwrap(driverError), ...several.flatMap(unwrap)];
}
