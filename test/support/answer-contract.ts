import { isDeepStrictEqual } from 'node:util';
import {
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { catchError, tap, type Observable } from 'rxjs';
import type { z } from 'zod';
import { responseOf } from '../../src/common/http/api-request.js';
import { AppError } from '../../src/common/errors/app-error.js';
import type { ErrorCode } from '../../src/common/errors/error-codes.js';
import { COMMON_ERRORS } from '../../src/common/http/openapi-operation.js';
import { ANSWER_SCHEMA, OWN_ERRORS } from '../../src/common/http/operation.js';
import { Page } from '../../src/common/http/paging.js';

/**
 * In tests every answer must be exactly what its route documents: a missing, wrong or unlisted
 * field, or an unlisted error code, turns into a 500, so that the OpenAPI document cannot drift
 * from the code.
 */
@Injectable()
export class AnswerContract implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const schema = this.reflector.get<z.ZodType | undefined>(ANSWER_SCHEMA, context.getHandler());
    return next.handle().pipe(
      tap((answer: unknown) => {
        const response = responseOf(context);
        const streams = answer instanceof StreamableFile || response.headersSent;
        if (schema && !streams && response.statusCode < 400) check(schema, answer, context);
      }),
      catchError((error: unknown) => {
        if (schema && error instanceof AppError) this.checkCode(error, context);
        throw error;
      }),
    );
  }

  private checkCode({ code }: AppError, context: ExecutionContext): void {
    const own = this.reflector.get<readonly ErrorCode[]>(OWN_ERRORS, context.getHandler());
    if (COMMON_ERRORS.has(code) || own.includes(code)) return;
    throw new Error(`${routeOf(context)} answers ${code}, which is not documented`);
  }
}

function routeOf(context: ExecutionContext): string {
  return `${context.getClass().name}.${context.getHandler().name}`;
}

function check(schema: z.ZodType, answer: unknown, context: ExecutionContext): void {
  const rows = answer instanceof Page ? answer.items : answer;
  const sent: unknown = JSON.parse(JSON.stringify(rows ?? null));
  const route = routeOf(context);
  const parsed = schema.safeParse(sent);
  if (!parsed.success) {
    throw new Error(`${route} answers other than documented: ${parsed.error.message}`);
  }
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(parsed.data)), sent)) {
    throw new Error(`${route} answers fields that are not documented: ${JSON.stringify(sent)}`);
  }
}
