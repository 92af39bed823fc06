import type { NextFunction, Response } from 'express';
import type { Ids } from '../ids.js';
import type { ApiRequest } from './api-request.js';
import { requestContext } from './request-context.js';

/** Anything else could forge log lines or response headers. */
const ACCEPTABLE = /^[\w.:-]{1,128}$/;

/** Takes the caller's X-Request-Id or makes one, and answers it; logs and errors carry it. */
export function requestId(ids: Ids) {
  return (request: ApiRequest, response: Response, next: NextFunction): void => {
    const given = request.get('x-request-id');
    request.requestId = given !== undefined && ACCEPTABLE.test(given) ? given : ids.next();
    response.setHeader('X-Request-Id', request.requestId);
    requestContext.run({ requestId: request.requestId }, next);
  };
}
