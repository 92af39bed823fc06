import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf } from '../api-request.js';

/**
 * What to derive the ids of new rows from: a repeat of a request whose answer was lost, or that
 * failed after it had stored a part, then writes the same rows again instead of others. Undefined
 * without an Idempotency-Key.
 */
export const RepeatSeed = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => requestOf(context).repeatSeed,
);
