import {
  Injectable,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { isRead, requestOf, type ApiRequest } from './api-request.js';
import { readJsonBody } from './read-body.js';
import { requestBytes } from './request-bytes.js';
import { SpoolFile } from './spool-file.js';
import { unstorable } from './unstorable.js';
import { validationFailed } from './validation-failed.js';

const BODY_LIMIT = Symbol('BodyLimit');
const SPOOL_LIMIT = Symbol('SpoolLimit');

const MEGABYTE = 1024 * 1024;
const DEFAULT_LIMIT = MEGABYTE;
/** What bulk routes allow: `@BodyLimit(BULK_BODY)`. */
export const BULK_BODY = 8 * MEGABYTE;

/** Largest body of a route in bytes (1 MB without it). */
export const BodyLimit = (bytes: number) => SetMetadata(BODY_LIMIT, bytes);

/**
 * For what memory should not hold: the handler's `@Body()` is a SpoolFile of at most so many bytes,
 * in which nothing was parsed. It ends with the answer.
 */
export const SpooledBody = (bytes: number) => SetMetadata(SPOOL_LIMIT, bytes);

/**
 * Reads the body after the guards and before the pipes: who is not let in is not read, and each
 * route states its own limit. DELETE bodies are read like all others.
 */
@Injectable()
export class BodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = requestOf(context);
    if (isRead(request)) return next.handle();
    const spoolLimit = this.limit(SPOOL_LIMIT, context);
    if (spoolLimit !== undefined) return spooled(request, spoolLimit, next);
    const limit = this.limit(BODY_LIMIT, context) ?? DEFAULT_LIMIT;
    const { value, hash } = await readJsonBody(request, limit);
    const broken = unstorable(value, ['body']);
    if (broken.length > 0) throw validationFailed(...broken);
    request.body = value;
    request.bodyHash = hash;
    return next.handle();
  }

  private limit(kind: symbol, context: ExecutionContext): number | undefined {
    return this.reflector.get<number | undefined>(kind, context.getHandler());
  }
}

async function spooled(
  request: ApiRequest,
  limit: number,
  next: CallHandler,
): Promise<Observable<unknown>> {
  const spool = await SpoolFile.of(requestBytes(request, limit));
  try {
    request.body = spool;
    request.bodyHash = spool.hash;
    return of(await lastValueFrom(next.handle()));
  } finally {
    await spool.remove();
  }
}
