import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { BodyInterceptor } from './body.interceptor.js';
import { ApiExceptionFilter } from './exception.filter.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { IdempotencyRepository } from './idempotency/idempotency.repository.js';
import { IdempotencyService } from './idempotency/idempotency.service.js';
import { Lifecycle } from './lifecycle.js';
import { PageInterceptor } from './page.interceptor.js';
import { SchemaPipe } from './schema.pipe.js';

/**
 * What every request passes (after the guards of src/auth): body, idempotency, validation, the
 * handler, pages, and the filter for whatever was thrown. The order of the interceptors matters:
 * the fingerprint of an idempotent request needs the body, and what is stored is the sent page.
 * How a feature uses all this: README.md beside this file.
 */
@Module({
  providers: [
    IdempotencyRepository,
    IdempotencyService,
    Lifecycle,
    { provide: APP_FILTER, useClass: ApiExceptionFilter },
    { provide: APP_PIPE, useClass: SchemaPipe },
    { provide: APP_INTERCEPTOR, useClass: BodyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: PageInterceptor },
  ],
  exports: [Lifecycle],
})
export class HttpModule {}
