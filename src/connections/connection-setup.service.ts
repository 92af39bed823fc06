import { Inject, Injectable, Logger } from '@nestjs/common';
import { z } from 'zod';
import type { ConnectorContext } from '../../connectors/sdk/context.js';
import type { Account, Connector, ProbeResult } from '../../connectors/sdk/contract.js';
import { ConfigError, ConnectorError } from '../../connectors/sdk/errors.js';
import { unpacedCalls } from '../../connectors/sdk/unpaced-calls.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { fastApiIssues } from '../common/http/fastapi-issues.js';
import { CONNECTORS, type ConnectorRegistry } from './connectors.js';
import type { ConnectorAnswer } from './connections.schema.js';

const PROBE_TIMEOUT_MS = 20_000;

export interface CheckedSettings {
  config: Record<string, unknown>;
  account: Account;
}

/** Asks the connector whether settings can work, before anything is stored. */
@Injectable()
export class ConnectionSetupService {
  private readonly logger = new Logger('Connector');

  constructor(
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
   * @throws AppError `provider_not_found`, `validation_failed`, `path_not_allowed`,
   *   `invalid_config`, `probe_failed`
   */
  async check(
    provider: string,
    config: Record<string, unknown>,
    credentials: Record<string, unknown>,
  ): Promise<CheckedSettings> {
    const connector = this.connector(provider);
    const context = this.context(connector, config, credentials);
    const checks = await this.run(() => connector.probe(context));
    const failed = checks.filter((check) => check.outcome === 'failed');
    if (failed.length > 0) throw refused(failed);
    const account = await this.run(() => connector.account(context));
    return { config: context.config as Record<string, unknown>, account };
  }

  async probe(
    provider: string,
    config: Record<string, unknown>,
    credentials: Record<string, unknown>,
  ): Promise<ProbeResult[]> {
    const connector = this.connector(provider);
    return this.run(() => connector.probe(this.context(connector, config, credentials)));
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
    credentials: Record<string, unknown>,
  ): ConnectorContext {
    const secret = parse(connector.credentialsSchema, credentials, 'credentials');
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    return {
      config: parse(connector.configSchema, config, 'config'),
      credentials: {
        get: () => Promise.resolve(secret),
        update: () => Promise.resolve(),
      },
      logger: {
        debug: (message, fields) => this.logger.debug({ msg: message, ...fields }),
        info: (message, fields) => this.logger.log({ msg: message, ...fields }),
        warn: (message, fields) => this.logger.warn({ msg: message, ...fields }),
      },
      signal,
      clock: this.clock,
      calls: unpacedCalls(() => this.clock.now(), signal),
      interval: null,
      full: false,
      countCall: () => undefined,
    };
  }

  private async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      const code = error.code === 'path_not_allowed' ? 'path_not_allowed' : 'invalid_config';
      throw new AppError(error instanceof ConfigError ? code : 'probe_failed', error.message, {
        cause: error,
      });
    }
  }
}

function parse(schema: z.ZodType, value: unknown, field: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AppError('validation_failed', `The ${field} does not match the connector's schema.`, {
    issues: fastApiIssues(result.error.issues, ['body', field], value),
  });
}

function refused(failed: readonly ProbeResult[]): AppError {
  const code = failed.some((check) => check.name === 'within_roots')
    ? 'path_not_allowed'
    : 'probe_failed';
  return new AppError(code, failed.map(({ name, message }) => `${name}: ${message}`).join('; '));
}
