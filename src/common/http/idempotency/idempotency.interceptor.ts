import { createHash } from 'node:crypto';
import {
  Injectable,
  Logger,
  SetMetadata,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { catchError, finalize, from, mergeMap, of, type Observable } from 'rxjs';
import { uuidV5 } from '../../ids.js';
import { isRead, requestOf, responseOf, type ApiRequest } from '../api-request.js';
import { errorAnswer } from '../error-answer.js';
import { validationFailed } from '../validation-failed.js';
import { IdempotencyService, type Replay } from './idempotency.service.js';

const SECRET_ANSWER = Symbol('SecretAnswer');
const ACCEPTABLE_KEY = /^[\x21-\x7e]{1,255}$/;

/** The answer holds a key that is shown once: a repeat gets 409 instead of a stored copy. */
export const SecretAnswer = () => SetMetadata(SECRET_ANSWER, true);

/**
 * `Idempotency-Key` on writes with a tenant's key (others have no tenant to keep it for, there
 * the header has no effect). Answers below 500 are kept, refusals too; 429 and 5xx free the key.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger(IdempotencyInterceptor.name);

  constructor(
    private readonly idempotency: IdempotencyService,
    private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = requestOf(context);
    const key = request.get('idempotency-key');
    if (key === undefined || isRead(request) || request.caller?.kind !== 'tenant') {
      return next.handle();
    }
    if (!ACCEPTABLE_KEY.test(key)) {
      const msg = 'must be 1 to 255 visible ASCII characters';
      throw validationFailed({ loc: ['header', 'idempotency-key'], msg, type: 'value_error' });
    }
    const tenant = request.caller.key.tenant;
    const print = fingerprint(request);
    const stored = await this.idempotency.begin(tenant, key, print);
    if (stored) return of(this.replay(context, stored));
    request.repeatSeed = uuidV5(tenant, `${key} ${print.toString('hex')}`);

    const renewal = setInterval(
      () => void this.logged(() => this.idempotency.renew(tenant, key)),
      this.idempotency.renewEveryMs,
    );
    const secret = this.reflector.get<boolean | undefined>(SECRET_ANSWER, context.getHandler());
    return next.handle().pipe(
      mergeMap(async (body: unknown) => {
        const answer = secret ? { secret: true as const } : { body };
        const status = responseOf(context).statusCode;
        await this.logged(() => this.idempotency.store(tenant, key, status, answer));
        return body;
      }),
      catchError((error: unknown) => from(this.refused(tenant, key, error, request.requestId))),
      finalize(() => clearInterval(renewal)),
    );
  }

  private replay(context: ExecutionContext, { status, body }: Replay): unknown {
    responseOf(context).status(status).setHeader('Idempotency-Replayed', 'true');
    const isError = status >= 400 && typeof body === 'object' && body !== null;
    return isError ? { ...body, request_id: requestOf(context).requestId } : body;
  }

  private async refused(tenant: string, key: string, error: unknown, id: string): Promise<never> {
    const { status, body } = errorAnswer(error, id);
    await this.logged(() =>
      status >= 500 || status === 429
        ? this.idempotency.release(tenant, key)
        : this.idempotency.store(tenant, key, status, { body }),
    );
    throw error;
  }

  /**
   * The request itself has its outcome by now, and that is what the caller must hear. A key whose
   * answer could not be kept stays locked for a while and is then free again.
   */
  private async logged(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error({ msg: 'the answer of an Idempotency-Key was not kept', err: error });
    }
  }
}

/**
 * A key restricted to one collection may get other answers than an unrestricted one, so the
 * restriction counts as part of the request. BodyInterceptor has read the body of each write.
 */
function fingerprint(request: ApiRequest): Buffer {
  const restriction = request.caller?.kind === 'tenant' ? request.caller.key.collection : null;
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.originalUrl, restriction]))
    .update(request.bodyHash!)
    .digest();
}
