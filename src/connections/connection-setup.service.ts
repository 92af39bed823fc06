import { Inject, Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import type { ConnectorContext, ConnectorLogger } from '../../connectors/sdk/context.js';
import type { Account, Connector, ProbeResult } from '../../connectors/sdk/contract.js';
import {
  ConfigError,
  ConnectorError,
  RateLimitedError,
  TransientSourceError,
} from '../../connectors/sdk/errors.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import type { ErrorCode } from '../common/errors/error-codes.js';
import { fastApiIssues } from '../common/http/fastapi-issues.js';
import {
  GivenCredentials,
  StoredConnectionCredentials,
  type KnownCredentials,
} from '../credentials/connection-credentials.js';
import { CredentialVault } from '../credentials/credential-vault.js';
import { Database } from '../database/database.js';
import { SourceCallsService } from '../sync/calls/source-calls.service.js';
import { CONNECTORS, type ConnectorRegistry } from './connectors.js';
import type { ConnectorAnswer } from './connections.schema.js';
import { guardedConnector, guardedLogger } from './guarded-connector.js';

/**
 * Clients give up after 30 s, so all of these together stay below that, with the time for what an
 * earlier connection left behind (connections.service.ts).
 */
const ASK_TIMEOUT_MS = 20_000;
const ACCOUNT_TIMEOUT_MS = 6_000;
/** For a connector to say what it has learned; one that does not end is not waited for. */
const LAST_WORDS_MS = 500;

export interface CheckedSettings {
  config: Record<string, unknown>;
  account: Account;
  /** None of them failed; some may say what to expect, e.g. a slow tier. */
  checks: ProbeResult[];
}

/** Of a question to a source. */
interface Limit {
  readonly ms?: number;
  readonly since?: Date;
  /** That went well before, shown with the refusal. */
  readonly checks?: ProbeResult[];
}

/** Asks the connector whether settings can work, before anything is stored. */
@Injectable()
export class ConnectionSetupService {
  private readonly logger = new Logger('Connector');

  constructor(
    private readonly database: Database,
    private readonly vault: CredentialVault,
    private readonly calls: SourceCallsService,
    @Inject(CONNECTORS) private readonly registry: ConnectorRegistry,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  catalogue(): ConnectorAnswer[] {
    return this.registry.list().map((connector) => ({
      provider: connector.provider,
      title: connector.title,
      description: connector.description,
      config_schema: z.toJSONSchema(connector.configSchema, { io: 'input' }),
      credentials_schema: z.toJSONSchema(connector.credentialsSchema, { io: 'input' }),
    }));
  }

  /**
   * Credentials of a request, in the shape that the connector demands.
   * @throws AppError `provider_not_found`, `validation_failed`
   */
  given(provider: string, credentials: Record<string, unknown>): GivenCredentials {
    const { credentialsSchema } = this.connector(provider);
    return new GivenCredentials(parse(credentialsSchema, credentials, 'credentials'));
  }

  /** The stored credentials of a connection. */
  stored(tenant: string, connection: { id: string; provider: string }): KnownCredentials {
    const { id, provider } = connection;
    return new StoredConnectionCredentials(this.database, this.vault, tenant, id, (value) =>
      this.connector(provider).credentialsSchema.safeParse(value),
    );
  }

  /**
   * @throws AppError `provider_not_found`, `validation_failed`, `path_not_allowed`,
   *   `invalid_config`, `probe_failed`, `source_unavailable`, `credentials_unreadable`; a refusal
   *   lists all checks
   */
  async check(
    provider: string,
    config: Record<string, unknown>,
    credentials: KnownCredentials,
  ): Promise<CheckedSettings> {
    const connector = guardedConnector(this.connector(provider), credentials);
    const context = (signal: AbortSignal): ConnectorContext =>
      this.context(connector, config, credentials, signal);
    const checks = await this.within(connector, (signal) => connector.probe(context(signal)));
    if (checks.some(({ outcome }) => outcome === 'failed')) throw refused(checks);
    // What was not checked in time is no refusal: only the account has to be known.
    const found = await this.within(
      connector,
      async (signal) => {
        const asked = context(signal);
        return { account: await connector.account(asked), config: asked.config };
      },
      { ms: ACCOUNT_TIMEOUT_MS, checks },
    );
    const { account } = found;
    await this.calls.accountFound({ provider, account: account.id, credentials });
    return { config: found.config as Record<string, unknown>, account, checks };
  }

  /**
   * The checks of a connection, whose account's budgets they share. Of those that the source did
   * not answer in time, the connector says so.
   * @throws AppError as `check`
   */
  async probe(
    connection: { provider: string; config: Record<string, unknown>; account_id: string },
    credentials: KnownCredentials,
  ): Promise<ProbeResult[]> {
    const { provider, config, account_id } = connection;
    const connector = guardedConnector(this.connector(provider), credentials);
    return this.within(connector, (signal) =>
      connector.probe(this.context(connector, config, credentials, signal, account_id)),
    );
  }

  /**
   * Asks the source of a connection something, with its stored credentials.
   * @param since when the request began to ask; all that one request asks has one time limit
   * @throws AppError as `check`
   */
  async ask<T>(
    tenant: string,
    connection: {
      id: string;
      provider: string;
      config: Record<string, unknown>;
      account_id?: string;
    },
    question: (connector: Connector, context: ConnectorContext) => Promise<T>,
    since = this.clock.now(),
  ): Promise<T> {
    const credentials = this.stored(tenant, connection);
    const { provider, config, account_id } = connection;
    const connector = guardedConnector(this.connector(provider), credentials);
    return this.within(
      connector,
      (signal) =>
        question(connector, this.context(connector, config, credentials, signal, account_id)),
      { since },
    );
  }

  /** Documents that an address may mean, as any connector reads it. */
  externalIdsOf(url: string): string[] {
    return this.registry.list().flatMap((connector) => connector.externalIdsOf?.(url) ?? []);
  }

  private connector(provider: string): Connector {
    const connector = this.registry.get(provider);
    if (connector) return connector;
    const known = this.registry.list().map((one) => one.provider);
    throw new AppError(
      'provider_not_found',
      `There is no connector "${provider}"; there is ${known.join(', ')}.`,
    );
  }

  private context(
    connector: Connector,
    config: Record<string, unknown>,
    credentials: KnownCredentials,
    signal: AbortSignal,
    account: string | null = null,
  ): ConnectorContext {
    const logger: ConnectorLogger = {
      debug: (message, fields) => this.logger.debug({ msg: message, ...fields }),
      info: (message, fields) => this.logger.log({ msg: message, ...fields }),
      warn: (message, fields) => this.logger.warn({ msg: message, ...fields }),
    };
    return {
      config: parse(connector.configSchema, config, 'config'),
      credentials,
      logger: guardedLogger(logger, credentials),
      signal,
      clock: this.clock,
      calls: this.calls.forCaller({
        ...{ provider: connector.provider, account, credentials, signal },
        observe: () => undefined,
      }),
      interval: null,
      run: null,
      full: false,
      countCall: () => undefined,
    };
  }

  /**
   * Asks a source that may take so long. When the time is over, the signal aborts with an error in
   * the terms of connectors, so that a probe can say which of its checks was not answered; what
   * does not heed the signal is left to itself.
   */
  private async within<T>(
    { title }: Connector,
    work: (signal: AbortSignal) => Promise<T>,
    { ms = ASK_TIMEOUT_MS, since = this.clock.now(), checks }: Limit = {},
  ): Promise<T> {
    const limit = new AbortController();
    const answered = new AbortController();
    const late = new TransientSourceError(
      'not_answered',
      `${title} did not answer in full within ${ms / 1000} s.`,
    );
    const overdue = async (): Promise<never> => {
      const spent = this.clock.now().getTime() - since.getTime();
      await this.clock.sleep(Math.max(0, ms - spent), answered.signal);
      limit.abort(late);
      await this.clock.sleep(LAST_WORDS_MS, answered.signal);
      throw late;
    };
    try {
      // The race hears both to their ends, so a late rejection is nobody's surprise.
      return await Promise.race([work(limit.signal), overdue()]);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      const retryAfter = this.retryAfter(error);
      throw new AppError(refusalOf(error), error.message, { cause: error, checks, retryAfter });
    } finally {
      answered.abort();
    }
  }

  /** In seconds, where it is known. */
  private retryAfter(error: ConnectorError): number | undefined {
    if (error instanceof TransientSourceError) return error.retryAfterSeconds;
    if (!(error instanceof RateLimitedError)) return undefined;
    return Math.max(1, (error.until.getTime() - this.clock.now().getTime()) / 1000);
  }
}

/** What an error of a connector means to the one who connects. */
function refusalOf(error: ConnectorError): ErrorCode {
  if (error.code === 'credentials_unreadable' || error.code === 'path_not_allowed')
    return error.code;
  if (error instanceof TransientSourceError || error instanceof RateLimitedError)
    return 'source_unavailable';
  return error instanceof ConfigError ? 'invalid_config' : 'probe_failed';
}

function parse(schema: z.ZodType, value: unknown, field: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AppError('validation_failed', `The ${field} does not match the connector's schema.`, {
    issues: fastApiIssues(result.error.issues, ['body', field], value),
  });
}

function refused(checks: ProbeResult[]): AppError {
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  const code = failed.some((check) => check.name === 'within_roots')
    ? 'path_not_allowed'
    : 'probe_failed';
  const text = failed.map(({ name, message }) => `${name}: ${message}`).join('; ');
  return new AppError(code, text, { checks });
}
