import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import type { ErrorCode } from '../errors/error-codes.js';

export interface OperationOptions {
  /** Unique, camelCase, a verb and a noun; becomes the method name in generated clients. */
  id: string;
  /** One line in the imperative. */
  summary: string;
  description?: string;
  /** Status of the normal answer (200). A handler that has two sets the other on the response. */
  status?: number;
  /** What the normal answer looks like. Lists state the array: `z.array(Collection)`. */
  answer: z.ZodType;
  /** Codes of its own; those of every route (401, 403, 422, 429, 500 ...) are added for it. */
  errors?: readonly ErrorCode[];
}

/** Metadata key of the answer's schema; tests check every answer against it. */
export const ANSWER_SCHEMA = Symbol('AnswerSchema');

/** Metadata key of the codes of its own; tests check every refusal against it. */
export const OWN_ERRORS = Symbol('OwnErrors');

/** States everything about a route but its path and access: status, answer, errors, docs. */
export function Operation(options: OperationOptions): MethodDecorator {
  const { id, summary, description, status = 200, answer, errors = [] } = options;
  return applyDecorators(
    HttpCode(status),
    SetMetadata(ANSWER_SCHEMA, answer),
    SetMetadata(OWN_ERRORS, errors),
    ApiOperation({ operationId: id, summary, ...(description && { description }) }),
    ApiResponse({ status, standardSchema: answer, description: 'Done.' }),
    ApiExtension('x-error-codes', errors),
  );
}
