import { Logger } from '@nestjs/common';
import type { NextFunction, Response } from 'express';
import type { Clock } from '../clock.js';
import type { ApiRequest } from './api-request.js';

const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * One line per request. The query string is left out: OAuth callbacks carry codes in it, and
 * searches the words of people.
 */
export function accessLog(clock: Clock) {
  const logger = new Logger('http');
  return (request: ApiRequest, response: Response, next: NextFunction): void => {
    const started = clock.now().getTime();
    const path = request.path;
    response.once('close', () => {
      const key = request.caller?.kind === 'tenant' ? request.caller.key : undefined;
      const line = {
        msg: 'request',
        request_id: request.requestId,
        method: request.method,
        path,
        status: response.statusCode,
        aborted: !response.writableFinished || undefined,
        ms: clock.now().getTime() - started,
        tenant: key?.tenant,
        key: key?.id,
      };
      if (PROBES.has(path)) logger.debug(line);
      else logger.log(line);
    });
    next();
  };
}
