import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { requestOf, responseOf } from '../common/http/api-request.js';
import { RateLimiter } from './rate-limiter.js';

/** Second guard: how often? Before the permission check, so that its refusals have the headers. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly limiter: RateLimiter,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { caller } = requestOf(context);
    if (caller?.kind !== 'tenant') return true;
    const { tenant, plan } = caller.key;
    const { allowed, limit, remaining, resetAt } = this.limiter.take(tenant, plan);
    responseOf(context).set({
      'RateLimit-Limit': `${limit}`,
      'RateLimit-Remaining': `${remaining}`,
      'RateLimit-Reset': `${Math.ceil(resetAt.getTime() / 1000)}`,
    });
    if (allowed) return true;
    const seconds = (resetAt.getTime() - this.clock.now().getTime()) / 1000;
    throw new AppError('rate_limited', `The plan "${plan}" allows ${limit} requests a minute.`, {
      retryAfter: Math.max(1, Math.ceil(seconds)),
    });
  }
}
