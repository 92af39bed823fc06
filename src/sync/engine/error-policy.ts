import {
  AuthError,
  ConfigError,
  ConnectorError,
  RateLimitedError,
  TransientSourceError,
} from '../../../connectors/sdk/errors.js';
import { AppError } from '../../common/errors/app-error.js';
import { SpaceChanged } from '../../indexing/space-changed.js';
import { isUniqueViolation } from '../../database/database-errors.js';
import type { ErrorDetail, Wait } from '../../runs/run-row.js';
import { StoredDocumentsGone } from '../pages/removed-meanwhile.js';

/** What becomes of a run, and of its connection, after an error that is not about one document. */
export type RunVerdict =
  | { readonly kind: 'park'; readonly waiting: Wait; readonly error: ErrorDetail }
  | { readonly kind: 'fail'; readonly error: ErrorDetail; readonly connection: ConnectionVerdict };

/** `count` = one more error in a row; five of them pause the connection. */
export type ConnectionVerdict = 'needs_auth' | 'paused' | 'count';

/** Attempts without any progress after which an upstream that stays unwell ends the run. */
export const MAX_UPSTREAM_ATTEMPTS = 8;

/** Codes of our own parts that park a run until they are back, whatever the number of attempts. */
const PARKING_CODES: Record<string, string> = {
  embedder_unavailable: 'embedder',
  database_unavailable: 'database',
  disk_full: 'disk',
  encryption_key_missing: 'encryption_keys',
  encryption_not_configured: 'encryption_keys',
  encryption_key_file_exposed: 'encryption_keys',
  encryption_keys_invalid: 'encryption_keys',
};

/** A document turned up twice while pages overlapped; from the checkpoint on it is known. */
const CONFLICT = {
  code: 'listed_twice',
  message: 'A document was listed twice at once; the run goes on from its checkpoint.',
};

/** The run goes on with the collection as it is now. */
const REINDEXED = {
  code: 'collection_reindexed',
  message: 'The collection got another embedding model; the run goes on from its checkpoint.',
};

/** The page is compared with what is stored once more. */
const ERASED = {
  code: 'erased_meanwhile',
  message: 'Documents were erased while they were synced; the run goes on from its checkpoint.',
};

/** @param attempt counted from 1 since the run last got ahead */
export function judgeError(error: unknown, now: Date, attempt: number): RunVerdict {
  if (error instanceof RateLimitedError) {
    const seconds = Math.max(0, (error.until.getTime() - now.getTime()) / 1000);
    return park(`rate_limited:${error.method}`, error, seconds);
  }
  if (error instanceof AppError && error.code === 'database_busy')
    return park('conflict', error, Math.max(error.retryAfter ?? 0, backoff(attempt)));
  if (error instanceof AppError && PARKING_CODES[error.code] !== undefined)
    return park(PARKING_CODES[error.code]!, error, error.retryAfter ?? backoff(attempt));
  if (error instanceof TransientSourceError && attempt < MAX_UPSTREAM_ATTEMPTS)
    return park('upstream', error, error.retryAfterSeconds ?? backoff(attempt));
  if (isUniqueViolation(error) && attempt < MAX_UPSTREAM_ATTEMPTS)
    return park('conflict', CONFLICT, 0);
  if (error instanceof SpaceChanged) return park('conflict', REINDEXED, 0);
  if (error instanceof StoredDocumentsGone) return park('conflict', ERASED, 0);
  if (error instanceof AppError && error.code === 'embedding_model_differs')
    return fail(error.code, error.message, false, 'paused');
  if (error instanceof AuthError) return fail(error.code, error.message, false, 'needs_auth');
  if (error instanceof ConfigError) return fail(error.code, error.message, false, 'paused');
  if (error instanceof ConnectorError) return fail(error.code, error.message, true, 'count');
  const message = error instanceof Error ? error.message : String(error);
  return fail('internal_error', message, true, 'count');
}

/** Seconds to wait: 5, 10, 20 ... up to 10 minutes. */
export function backoff(attempt: number): number {
  return Math.min(600, 5 * 2 ** Math.max(0, attempt - 1));
}

function park(
  reason: string,
  { code, message }: Pick<ErrorDetail, 'code' | 'message'>,
  seconds: number,
): RunVerdict {
  return { kind: 'park', waiting: { reason, seconds }, error: { code, message, retryable: true } };
}

function fail(
  code: string,
  message: string,
  retryable: boolean,
  connection: ConnectionVerdict,
): RunVerdict {
  return { kind: 'fail', error: { code, message, retryable }, connection };
}
