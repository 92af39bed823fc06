import { CommanderError } from 'commander';
import { AppError } from '../common/errors/app-error.js';
import { EXIT, exitCodeOfStatus, type ExitCode } from './exit-codes.js';

/** A failure that the command line itself finds. Those of the API are ApiErrors. */
export class CliError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode,
    /** What to do about it, shown on a line of its own. */
    readonly hint?: string,
  ) {
    super(message);
    this.name = 'CliError';
  }
}

/** An error answer of the API. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string | null,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export function usageError(message: string, hint?: string): CliError {
  return new CliError('usage_error', message, EXIT.usage, hint);
}

export function interrupted(): CliError {
  return new CliError('interrupted', 'interrupted', EXIT.interrupted);
}

export interface ErrorReport {
  /** Lines for stderr, the first `error: <message> (code)`. */
  lines: string[];
  exitCode: ExitCode;
}

/** What to print about a thrown value, and with which code to exit. */
export function reportError(error: unknown): ErrorReport {
  // Commander has printed its own errors, help and version already.
  if (error instanceof CommanderError) {
    return { lines: [], exitCode: error.exitCode === 0 ? EXIT.ok : EXIT.usage };
  }
  if (error instanceof CliError) {
    if (error.exitCode === EXIT.interrupted) return { lines: [], exitCode: error.exitCode };
    const hint = error.hint === undefined ? [] : [error.hint];
    return { lines: [line(error.message, error.code), ...hint], exitCode: error.exitCode };
  }
  if (error instanceof ApiError) {
    const { status, code, message, requestId } = error;
    const trace = status >= 500 && requestId !== null ? [`request id: ${requestId}`] : [];
    return { lines: [line(message, code), ...trace], exitCode: exitCodeOfStatus(status, code) };
  }
  if (error instanceof AppError) {
    const { status, code, message } = error;
    return { lines: [line(message, code)], exitCode: exitCodeOfStatus(status, code) };
  }
  const { message, code, stack } = error instanceof Error ? withCode(error) : unknown(error);
  // Whoever reports an unexpected failure needs the place, so the stack is shown.
  const at = stack?.split('\n').filter((one) => one.startsWith('    at ')) ?? [];
  return { lines: [line(message, code), ...at], exitCode: EXIT.failure };
}

function line(message: string, code: string): string {
  return `error: ${message.trim().replace(/\.$/, '')} (${code})`;
}

function withCode(error: Error): { message: string; code: string; stack?: string } {
  const system = (error as NodeJS.ErrnoException).code;
  const { message, stack } = error;
  return typeof system === 'string'
    ? { message, code: system }
    : { message, code: 'unexpected_error', stack };
}

function unknown(error: unknown): { message: string; code: string; stack?: string } {
  return { message: String(error), code: 'unexpected_error' };
}
