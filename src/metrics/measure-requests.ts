import type { NextFunction, Request, Response } from 'express';
import type { Metrics } from './metrics.js';

/** Tells how long each request took, by the pattern of its route. */
export function measureRequests(metrics: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const started = performance.now();
    response.once('close', () => {
      const { path } = (request.route ?? {}) as { path?: unknown };
      metrics.requestAnswered(
        request.method,
        typeof path === 'string' ? path : null,
        response.statusCode,
        (performance.now() - started) / 1000,
      );
    });
    next();
  };
}
