import type { Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { EndpointFailure } from './endpoint-failure.js';

export interface RetrySettings {
  /** Requests made for one batch, the first included. */
  maxAttempts: number;
  /** First wait after a failure that names none; it doubles with each attempt. */
  baseDelayMs: number;
  maxDelayMs: number;
  /** Total wait for one batch; beyond it the caller is told when to come back. */
  maxTotalWaitMs: number;
}

export const DEFAULT_RETRIES: RetrySettings = {
  maxAttempts: 5,
  baseDelayMs: 500,
  maxDelayMs: 20_000,
  maxTotalWaitMs: 60_000,
};

/**
 * Repeats requests to one endpoint. A wait that the endpoint asked for holds back every request
 * that goes through the same instance, so that none falls into it.
 */
export class Retries {
  private blockedUntil = 0;

  constructor(
    private readonly clock: Clock,
    private readonly settings: RetrySettings,
    private readonly random: () => number,
  ) {}

  /**
   * @throws AppError `embedder_unavailable`: with `retryAfter` where the failure outlasted the
   * retries, without where the endpoint refused and repeating is pointless; EndpointFailure where
   * it refused what it was sent, so that the caller finds out which text that is about.
   */
  async run<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { maxAttempts, maxTotalWaitMs } = this.settings;
    const start = this.now();
    let notBefore = start;
    let failure: EndpointFailure | undefined;
    for (let attempt = 1; ; attempt++) {
      await this.waitUntil(notBefore, start + maxTotalWaitMs, signal, failure);
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof EndpointFailure)) throw error;
        if (error.isRefusal) throw error;
        if (!error.isTransient) throw unavailable(error.message, undefined, error);
        failure = error;
        notBefore = this.now() + this.delay(attempt, error.retryAfterMs);
        if (attempt === maxAttempts) {
          throw unavailable(error.message, notBefore - this.now(), error);
        }
      }
    }
  }

  /** Sleeps until the time has come for this request and for the endpoint as a whole. */
  private async waitUntil(
    notBefore: number,
    deadline: number,
    signal: AbortSignal,
    failure: EndpointFailure | undefined,
  ): Promise<void> {
    signal.throwIfAborted();
    for (;;) {
      const until = Math.max(notBefore, this.blockedUntil);
      // Whole milliseconds, which is what a Date holds.
      const wait = Math.ceil(until - this.now());
      if (wait <= 0) return;
      if (until > deadline) {
        throw unavailable(failure?.message ?? 'it asked for a pause', wait, failure);
      }
      await this.clock.sleep(wait, signal);
    }
  }

  private delay(attempt: number, retryAfterMs: number | undefined): number {
    const { baseDelayMs, maxDelayMs } = this.settings;
    const backoff = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
    if (retryAfterMs === undefined) return backoff * (0.5 + 0.5 * this.random());
    this.blockedUntil = Math.max(this.blockedUntil, this.now() + retryAfterMs);
    // Jitter comes on top: the wait that was asked for is never shortened.
    return retryAfterMs + baseDelayMs * this.random();
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}

export function unavailable(reason: string, waitMs: number | undefined, cause: unknown): AppError {
  return new AppError('embedder_unavailable', `the embedding endpoint cannot be used: ${reason}`, {
    retryAfter: waitMs === undefined ? undefined : Math.max(1, Math.ceil(waitMs / 1000)),
    cause,
  });
}
