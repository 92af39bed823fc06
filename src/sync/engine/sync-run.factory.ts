import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ConnectorContext } from '../../../connectors/sdk/context.js';
import { ConfigError } from '../../../connectors/sdk/errors.js';
import { CLOCK, type Clock } from '../../common/clock.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { CONNECTORS, type ConnectorRegistry } from '../../connections/connectors.js';
import { guardedConnector, guardedLogger } from '../../connections/guarded-connector.js';
import { RequestLogService } from '../../runs/request-log.service.js';
import { RunQueue, type ClaimedRun } from '../../runs/run-queue.js';
import { intervalSeconds } from '../../scheduler/interval.js';
import { toLoggedRequest } from '../calls/run-requests.js';
import { SourceCallsService } from '../calls/source-calls.service.js';
import { SyncRun } from './sync-run.js';

/** Puts together what a claimed run works on: connector, settings, target, context. */
@Injectable()
export class SyncRunFactory {
  private readonly logger = new Logger('Connector');

  constructor(
    private readonly connections: ConnectionsService,
    private readonly calls: SourceCallsService,
    private readonly requests: RequestLogService,
    private readonly queue: RunQueue,
    @Inject(CONNECTORS) private readonly registry: ConnectorRegistry,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(run: ClaimedRun, signal: AbortSignal): Promise<SyncRun> {
    const tenant = run.tenant_id;
    await this.connections.adopt(tenant, run.connection_id, signal, (tx) =>
      this.queue.fence(tx, run),
    );
    const connection = await this.connections.forRun(tenant, run.connection_id);
    const registered = this.registry.get(connection.provider);
    if (!registered)
      throw new ConfigError('provider_unknown', `no connector: ${connection.provider}`);
    const connector = guardedConnector(registered, connection.credentials);
    const config = connector.configSchema.safeParse(connection.config);
    if (!config.success) throw new ConfigError('invalid_config', config.error.message);
    const requests = this.requests.open(run);
    const { provider, credentials, target, schedule } = connection;
    const fields = { run: run.id, provider: connection.provider };
    const context: ConnectorContext = {
      config: config.data,
      credentials: connection.credentials,
      signal,
      clock: this.clock,
      calls: this.calls.forCaller({
        ...{ provider, account: target.account, credentials, signal },
        observe: (attempt) => {
          sync.counts.api_calls += 1;
          if (attempt.outcome === 'rate_limited') sync.counts.rate_limited += 1;
          requests.add(toLoggedRequest(attempt, credentials.secrets()));
        },
      }),
      interval: intervalSeconds(schedule, this.clock.now()),
      run: run.id,
      full: run.options.full ?? false,
      countCall: () => void (sync.counts.api_calls += 1),
      logger: guardedLogger(
        {
          debug: (message, more) => this.logger.debug({ msg: message, ...fields, ...more }),
          info: (message, more) => this.logger.log({ msg: message, ...fields, ...more }),
          warn: (message, more) => this.logger.warn({ msg: message, ...fields, ...more }),
        },
        connection.credentials,
      ),
    };
    const sync: SyncRun = new SyncRun(run, tenant, connector, context, connection.target, () =>
      this.clock.now(),
    );
    return sync;
  }
}
