import { HttpException } from '@nestjs/common';
import { AppError, type CheckResult, type ValidationIssue } from '../errors/app-error.js';
import type { ErrorCode } from '../errors/error-codes.js';

/** Every error answer of the API. */
export interface ErrorBody {
  /** Text, or FastAPI's list for `validation_failed`. */
  detail: string | ValidationIssue[];
  code: ErrorCode;
  request_id: string;
  /** Each check of a connection that failed one. */
  checks?: CheckResult[];
}

export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: ErrorBody;
}

/** Says what a thrown value looks like to the caller; unexpected ones never show their text. */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  const known = error instanceof AppError ? error : translate(error);
  const headers: Record<string, string> = {};
  if (known.retryAfter !== undefined) headers['Retry-After'] = `${Math.ceil(known.retryAfter)}`;
  if (known.status === 401) headers['WWW-Authenticate'] = 'Bearer';
  return {
    status: known.status,
    headers,
    body: {
      detail: known.issues ?? known.message,
      code: known.code,
      request_id: requestId,
      ...(known.checks && { checks: known.checks }),
    },
  };
}

/** Nest and Express raise HttpExceptions of their own for unknown routes and unreadable URLs. */
function translate(error: unknown): AppError {
  const status = error instanceof HttpException ? error.getStatus() : 500;
  if (status === 404) return new AppError('not_found', 'There is no such route.');
  if (status < 500) return new AppError('bad_request', 'The URL or the body cannot be read.');
  return new AppError(
    'internal_error',
    'Something went wrong here; the log has details under this request id.',
  );
}
