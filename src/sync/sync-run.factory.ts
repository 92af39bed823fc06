import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConnectorContext } from '../../connectors/sdk/context.js';
import { ConfigError } from '../../connectors/sdk/errors.js';
import { unpacedCalls } from '../../connectors/sdk/unpaced-calls.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { ConnectionsService } from '../connections/connections.service.js';
import { CONNECTORS, type ConnectorRegistry } from '../connections/connectors.js';
import type { ClaimedRun } from '../runs/run-queue.js';
import { SyncRun } from './sync-run.js';

/** Puts together what a claimed run works on: connector, settings, target, context. */
@Injectable()
export class SyncRunFactory {
  private readonly logger = new Logger('Connector');

  constructor(
    private readonly connections: ConnectionsService,
    @Inject(CONNECTORS) private readonly registry: ConnectorRegistry,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(run: ClaimedRun, signal: AbortSignal): Promise<SyncRun> {
    const tenant = run.tenant_id;
    const connection = await this.connections.forRun(tenant, run.connection_id);
    const connector = this.registry.get(connection.provider);
    if (!connector)
      throw new ConfigError('provider_unknown', `no connector: ${connection.provider}`);
    const config = connector.configSchema.safeParse(connection.config);
    if (!config.success) throw new ConfigError('invalid_config', config.error.message);
    const fields = { run: run.id, provider: connection.provider };
    const context: ConnectorContext = {
      config: config.data,
      credentials: connection.credentials,
      signal,
      clock: this.clock,
      calls: unpacedCalls(() => this.clock.now(), signal),
      interval: null,
      full: run.options.full ?? false,
      countCall: () => void (sync.counts.api_calls += 1),
      logger: {
        debug: (message, more) => this.logger.debug({ msg: message, ...fields, ...more }),
        info: (message, more) => this.logger.log({ msg: message, ...fields, ...more }),
        warn: (message, more) => this.logger.warn({ msg: message, ...fields, ...more }),
      },
    };
    const sync: SyncRun = new SyncRun(run, tenant, connector, context, connection.target, () =>
      this.clock.now(),
    );
    return sync;
  }
}
