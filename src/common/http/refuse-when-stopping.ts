import type { NextFunction, Request, Response } from 'express';
import { AppError } from '../errors/app-error.js';
import type { Lifecycle } from './lifecycle.js';

const PROBES = new Set(['/healthz', '/readyz']);

/** During shutdown, connections that are still open hear 503 and that they should close. */
export function refuseWhenStopping(lifecycle: Lifecycle) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!lifecycle.stopping.aborted || PROBES.has(request.path)) return next();
    response.setHeader('Connection', 'close');
    next(new AppError('shutting_down', 'The server is stopping.', { retryAfter: 5 }));
  };
}
