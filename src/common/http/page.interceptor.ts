import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { requestOf, responseOf } from './api-request.js';
import { Page } from './paging.js';

/** Sends a Page as a bare array with `Link: <...>; rel="next"` (RFC 8288). */
@Injectable()
export class PageInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((answer: unknown) => {
        if (!(answer instanceof Page)) return answer;
        if (answer.nextCursor !== undefined) {
          const url = new URL(requestOf(context).originalUrl, 'http://relative');
          url.searchParams.delete('offset');
          url.searchParams.set('cursor', answer.nextCursor);
          responseOf(context).setHeader('Link', `<${url.pathname}${url.search}>; rel="next"`);
        }
        return answer.items as unknown[];
      }),
    );
  }
}
