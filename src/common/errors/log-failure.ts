import type { Logger } from '@nestjs/common';
import { AppError } from './app-error.js';

/**
 * Logs the failure of work that will be tried again. That the server is stopping is none: the next
 * one does the work.
 */
export function logFailure(logger: Pick<Logger, 'error'>, msg: string, error: unknown): void {
  if (error instanceof AppError && error.code === 'shutting_down') return;
  logger.error({ msg, error });
}
