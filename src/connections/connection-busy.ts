import { AppError } from '../common/errors/app-error.js';

const RETRY_AFTER_SECONDS = 10;

/** 409 `connection_busy`: something else works on the connection and is not to be overtaken. */
export function connectionBusy(reason: string): AppError {
  return new AppError('connection_busy', reason, { retryAfter: RETRY_AFTER_SECONDS });
}

export const RUN_DOES_NOT_STOP = 'The run of the connection does not stop.';
