import { ERROR_CODES, type ErrorCode } from './error-codes.js';

export interface AppErrorOptions {
  /** Seconds after which a retry makes sense; becomes the Retry-After header. */
  retryAfter?: number;
  /** FastAPI-shaped list, only for `validation_failed`. */
  issues?: ValidationIssue[];
  /** What a source was asked, where it refused (`probe_failed` ...) or did not answer. */
  checks?: CheckResult[];
  cause?: unknown;
}

export interface CheckResult {
  name: string;
  outcome: 'passed' | 'failed' | 'indeterminate' | 'skipped';
  message: string;
}

export interface ValidationIssue {
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** An expected failure with a stable code; the HTTP filter and the CLI know what it means. */
export class AppError extends Error {
  readonly retryAfter?: number;
  readonly issues?: ValidationIssue[];
  readonly checks?: CheckResult[];

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.retryAfter = options.retryAfter;
    this.issues = options.issues;
    this.checks = options.checks;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}
