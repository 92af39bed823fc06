import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, hasPassed, type Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config/config.js';

/** What `RateLimit-Limit` says for a plan without a limit: 2^31 - 1, safe for any client's int. */
export const NO_LIMIT = 2_147_483_647;
const WINDOW_MS = 60_000;
const FALLBACK_PLAN = 'standard';

export interface RateDecision {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** When the window ends and `remaining` is `limit` again. */
  resetAt: Date;
}

/**
 * Counts requests per tenant in windows of one minute, which begin with the first request after
 * the last window. Each process counts for itself: behind n API processes a tenant may reach n
 * times its plan (a count in the database would cost every request a write).
 */
@Injectable()
export class RateLimiter {
  private readonly logger = new Logger(RateLimiter.name);
  private windows = new Map<string, { count: number; beganAt: number }>();
  private readonly unknownPlans = new Set<string>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  take(tenant: string, plan: string): RateDecision {
    const limit = this.limitOf(plan);
    const now = this.clock.now().getTime();
    const open = this.windows.get(tenant);
    const isOver = !open || hasPassed(WINDOW_MS, open.beganAt, now);
    const window = isOver ? { count: 0, beganAt: now } : open;
    if (window !== open) this.open(tenant, window, now);
    const allowed = limit === null || window.count < limit;
    if (allowed) window.count += 1;
    return {
      allowed,
      limit: limit ?? NO_LIMIT,
      remaining: limit === null ? NO_LIMIT : limit - window.count,
      resetAt: new Date(window.beganAt + WINDOW_MS),
    };
  }

  private open(tenant: string, window: { count: number; beganAt: number }, now: number): void {
    if (this.windows.size > 10_000) {
      this.windows = new Map(
        [...this.windows].filter(([, { beganAt }]) => !hasPassed(WINDOW_MS, beganAt, now)),
      );
    }
    this.windows.set(tenant, window);
  }

  /** Requests per minute; a plan that TRIBUTARY_PLANS no longer names counts as standard. */
  private limitOf(plan: string): number | null {
    const settings = this.config.plans[plan];
    if (settings) return settings.requestsPerMinute;
    if (!this.unknownPlans.has(plan)) {
      this.unknownPlans.add(plan);
      this.logger.warn({ msg: `plan is not configured, treated as ${FALLBACK_PLAN}`, plan });
    }
    return this.config.plans[FALLBACK_PLAN]?.requestsPerMinute ?? null;
  }
}
