import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { SourceCalls } from '../../../connectors/sdk/calls.js';
import type { CredentialStore } from '../../../connectors/sdk/context.js';
import { pacedCalls, type ObservedAttempt } from '../../../connectors/sdk/paced-calls.js';
import type { RateBudgets } from '../../../connectors/sdk/rate-budgets.js';
import { CLOCK, type Clock } from '../../common/clock.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Metrics } from '../../metrics/metrics.js';
import { RateBudgetsService } from './rate-budgets.service.js';

export interface Caller {
  readonly provider: string;
  /** Id of the account at the source; null: not known before it was asked. */
  readonly account: string | null;
  readonly credentials: CredentialStore<unknown>;
  readonly signal: AbortSignal;
  readonly observe: (attempt: ObservedAttempt) => void;
}

/** Gives runs and probes the one way to call a source. */
@Injectable()
export class SourceCallsService {
  constructor(
    private readonly budgets: RateBudgetsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'callRates'>,
    private readonly metrics: Metrics,
  ) {}

  /** Whoever calls the same account of a source shares its budgets. */
  forCaller({ provider, account, credentials, signal, observe }: Caller): SourceCalls {
    const pacing = { perSecond: this.config.callRates[provider] ?? null };
    const budgets =
      account === null
        ? foundLater(async () =>
            this.budgets.of(await scopeOfCredentials(provider, credentials), pacing),
          )
        : this.budgets.of(scopeOfAccount(provider, account), pacing);
    return pacedCalls({
      budgets,
      clock: this.clock,
      signal,
      observe: (attempt) => {
        this.measure(provider, attempt);
        observe(attempt);
      },
    });
  }

  private measure(provider: string, { method, outcome, durationMs }: ObservedAttempt): void {
    const rateLimited = outcome === 'rate_limited';
    const seconds = durationMs / 1000;
    this.metrics.sourceCalled({ provider, method, outcome, rateLimited, seconds });
  }

  /** What the first questions taught, before the account was known, counts for the account. */
  async accountFound({
    provider,
    account,
    credentials,
  }: Pick<Caller, 'provider' | 'credentials'> & { readonly account: string }): Promise<void> {
    const asked = await scopeOfCredentials(provider, credentials);
    await this.budgets.adopt(asked, scopeOfAccount(provider, account));
  }
}

function scopeOfAccount(provider: string, account: string): string {
  return `${provider}:${account}`;
}

/** Probes of one account share budgets before its id is known; the credentials stay out of it. */
async function scopeOfCredentials(
  provider: string,
  credentials: CredentialStore<unknown>,
): Promise<string> {
  const text = JSON.stringify(await credentials.get());
  return `${provider}#${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

function foundLater(find: () => Promise<RateBudgets>): RateBudgets {
  let found: Promise<RateBudgets> | undefined;
  const budgets = (): Promise<RateBudgets> => (found ??= find());
  return {
    take: async (method) => (await budgets()).take(method),
    refused: async (method, seconds) => (await budgets()).refused(method, seconds),
    block: async (method, seconds) => (await budgets()).block(method, seconds),
    limit: async (method, perMinute) => (await budgets()).limit(method, perMinute),
    read: async (method) => (await budgets()).read(method),
  };
}
