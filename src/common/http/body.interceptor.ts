import {
  Injectable,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { isRead, requestOf } from './api-request.js';
import { readJsonBody } from './read-body.js';
import { unstorable } from './unstorable-text.js';
import { validationFailed } from './validation-failed.js';

const BODY_LIMIT = Symbol('BodyLimit');
const STREAMED = 'streamed';

const MEGABYTE = 1024 * 1024;
const DEFAULT_LIMIT = MEGABYTE;
/** What bulk routes allow: `@BodyLimit(BULK_BODY)`. */
export const BULK_BODY = 8 * MEGABYTE;

/** Largest body of a route in bytes (1 MB without it). */
export const BodyLimit = (bytes: number) => SetMetadata(BODY_LIMIT, bytes);

/** The handler reads the request stream itself (`@Req()`); nothing is parsed or limited. */
export const StreamedBody = () => SetMetadata(BODY_LIMIT, STREAMED);

/**
 * Reads the body after the guards and before the pipes: who is not let in is not read, and each
 * route states its own limit. DELETE bodies are read like all others.
 */
@Injectable()
export class BodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = requestOf(context);
    const limit = this.reflector.get<number | typeof STREAMED | undefined>(
      BODY_LIMIT,
      context.getHandler(),
    );
    if (!isRead(request) && limit !== STREAMED) {
      const { value, hash } = await readJsonBody(request, limit ?? DEFAULT_LIMIT);
      const broken = unstorable(value, ['body']);
      if (broken.length > 0) throw validationFailed(...broken);
      request.body = value;
      request.bodyHash = hash;
    }
    return next.handle();
  }
}
