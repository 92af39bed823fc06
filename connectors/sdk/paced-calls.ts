import type { CallBudget, CallFault, SourceCall, SourceCalls } from './calls.js';
import type { ConnectorClock } from './context.js';
import { RateLimitedError, TransientSourceError } from './errors.js';
import type { RateBudgets } from './rate-budgets.js';
import { pauseAfterFault, RETRY_POLICY, type RetryPolicy } from './retry-policy.js';

/** Longer waits park the run, which frees its slot. */
const LONGEST_WAIT_SECONDS = 5;
/** Refusals of one call, each with a short pause, after which the run parks all the same. */
const MAX_REFUSALS = 4;

export interface PacedCallsOptions {
  readonly budgets: RateBudgets;
  readonly clock: ConnectorClock;
  /** Ends waits and attempts at once, with its reason as the error. */
  readonly signal: AbortSignal;
  /** Told of every attempt that went out. */
  readonly observe: (attempt: ObservedAttempt) => void;
  /** 0 <= random < 1, for the jitter. */
  readonly random?: () => number;
  readonly retry?: RetryPolicy;
}

export interface ObservedAttempt {
  readonly method: string;
  readonly target: string | null;
  readonly at: Date;
  /** Counted from 1 for each call. */
  readonly attempt: number;
  readonly outcome: 'ok' | CallFault['kind'] | 'aborted';
  /** Of the HTTP answer, where an error told it. */
  readonly status: number | null;
  /** What the error said. */
  readonly message: string | null;
  readonly durationMs: number;
  /** Spent before the attempt: pacing, and pauses after the one before. */
  readonly waitMs: number;
  readonly retryAfterSeconds: number | null;
}

/** Calls that keep to budgets, wait short pauses and try again what may work then. */
export function pacedCalls(options: PacedCallsOptions): SourceCalls {
  const { budgets } = options;
  return {
    call: (call) => new PacedCall(options, call).perform(),
    budget: async (method) => {
      const callsPerMinute = (await budgets.read(method))?.callsPerMinute ?? null;
      return callsPerMinute === null ? null : { callsPerMinute };
    },
    limit: (method: string, budget: CallBudget | null) =>
      budgets.limit(method, budget?.callsPerMinute ?? null),
  };
}

class PacedCall<T> {
  readonly #startedAt: number;
  #waitingSince: number;
  #attempt = 0;
  #faults = 0;
  #refusals = 0;

  constructor(
    private readonly options: PacedCallsOptions,
    private readonly what: SourceCall<T>,
  ) {
    this.#startedAt = this.#waitingSince = this.now();
  }

  async perform(): Promise<T> {
    for (;;) {
      await this.takeTurn();
      const startedAt = this.now();
      this.#attempt += 1;
      try {
        const result = await this.what.run(this.options.signal);
        this.observe(startedAt, { outcome: 'ok' });
        return result;
      } catch (error) {
        await this.settle(startedAt, error);
      }
    }
  }

  /** @throws RateLimitedError when the turn is too far away to wait for */
  private async takeTurn(): Promise<void> {
    const { budgets, clock, signal } = this.options;
    for (;;) {
      signal.throwIfAborted();
      const take = await budgets.take(this.what.method);
      signal.throwIfAborted();
      if (take.granted) return;
      if (take.waitSeconds > LONGEST_WAIT_SECONDS) throw this.rateLimited(take.waitSeconds);
      await clock.sleep(Math.ceil(take.waitSeconds * 1000), signal);
    }
  }

  /** Returns when another attempt may work. */
  private async settle(startedAt: number, error: unknown): Promise<void> {
    const { signal } = this.options;
    if (signal.aborted) {
      this.observe(startedAt, { outcome: 'aborted' });
      throw signal.reason;
    }
    const fault = this.what.classify(error);
    this.observe(startedAt, describe(fault));
    if (fault.kind === 'fatal') throw fault.error;
    if (fault.kind === 'rate_limited') await this.settleRefusal(fault.retryAfterSeconds);
    else await this.settleFault(fault, error);
  }

  private async settleRefusal(retryAfterSeconds: number | null): Promise<void> {
    this.#refusals += 1;
    const seconds = await this.options.budgets.refused(this.what.method, retryAfterSeconds);
    if (seconds > LONGEST_WAIT_SECONDS || this.#refusals === MAX_REFUSALS)
      throw this.rateLimited(seconds);
  }

  private async settleFault(
    fault: Extract<CallFault, { kind: 'transient' }>,
    cause: unknown,
  ): Promise<void> {
    const { retry = RETRY_POLICY, random = Math.random, budgets, clock, signal } = this.options;
    const { code, message, retryAfterSeconds } = fault;
    this.#faults += 1;
    if (retryAfterSeconds !== undefined) await budgets.block(this.what.method, retryAfterSeconds);
    const pause =
      retryAfterSeconds === undefined ? pauseAfterFault(this.#faults, random(), retry) : 0;
    const isLate = this.now() + pause - this.#startedAt > retry.totalMs;
    const isTooLong = (retryAfterSeconds ?? 0) > LONGEST_WAIT_SECONDS;
    if (this.#faults >= retry.attempts || isLate || isTooLong)
      throw new TransientSourceError(code, message, retryAfterSeconds, { cause });
    await clock.sleep(pause, signal);
  }

  private rateLimited(seconds: number): RateLimitedError {
    const { method } = this.what;
    const until = new Date(this.now() + seconds * 1000);
    return new RateLimitedError(
      `${method} may be called again in ${Math.ceil(seconds)} s`,
      until,
      method,
    );
  }

  private observe(
    startedAt: number,
    seen: Pick<ObservedAttempt, 'outcome'> & Partial<ObservedAttempt>,
  ): void {
    const { method, target = null } = this.what;
    this.options.observe({
      ...{ method, target, at: new Date(startedAt), attempt: this.#attempt },
      ...{ status: null, message: null, retryAfterSeconds: null },
      durationMs: this.now() - startedAt,
      waitMs: startedAt - this.#waitingSince,
      ...seen,
    });
    this.#waitingSince = this.now();
  }

  private now(): number {
    return this.options.clock.now().getTime();
  }
}

function describe(fault: CallFault): Pick<ObservedAttempt, 'outcome'> & Partial<ObservedAttempt> {
  if (fault.kind === 'rate_limited')
    return { outcome: fault.kind, retryAfterSeconds: fault.retryAfterSeconds };
  const status = fault.status ?? null;
  if (fault.kind === 'fatal') return { outcome: fault.kind, status, message: fault.error.message };
  const retryAfterSeconds = fault.retryAfterSeconds ?? null;
  return { outcome: fault.kind, status, message: fault.message, retryAfterSeconds };
}
