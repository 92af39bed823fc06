import { Inject, Injectable } from '@nestjs/common';
import type { ConnectorContext } from '../../connectors/sdk/context.js';
import type {
  CallEstimate,
  Connector,
  Partition,
  PartlyRead,
} from '../../connectors/sdk/contract.js';
import { ItemError } from '../../connectors/sdk/errors.js';
import { ConnectionSetupService } from './connection-setup.service.js';
import { CONNECTORS, type ConnectorRegistry } from './connectors.js';
import { ledgerLanes, type LedgerLanes } from './ledger-lanes.js';

/** A connection as a question to its source needs it. */
export interface AskedConnection {
  readonly id: string;
  readonly provider: string;
  readonly config: Record<string, unknown>;
}

/** What the source says about one document. */
export type LookUp =
  | { readonly state: 'there'; readonly partition: string; readonly title: string }
  | { readonly state: 'gone' | 'lost_access' }
  | { readonly state: 'failed'; readonly code: string; readonly message: string };

/** Questions to a source that change nothing: what there is, what reading it takes. */
@Injectable()
export class PlanSourceService {
  constructor(
    private readonly setup: ConnectionSetupService,
    @Inject(CONNECTORS) private readonly registry: ConnectorRegistry,
  ) {}

  /** Lanes of a provider; none where its connector is not installed any more. */
  lanes(provider: string): LedgerLanes {
    return ledgerLanes(this.registry.get(provider)?.lanes ?? []);
  }

  /**
   * The partitions under a configuration, the account it leads to, and the configuration as the
   * connector reads it.
   * @param since as ConnectionSetupService.ask
   */
  listing(
    tenant: string,
    connection: AskedConnection,
    since: Date,
  ): Promise<{ account: string; config: Record<string, unknown>; partitions: Partition[] }> {
    const question = async (connector: Connector, context: ConnectorContext) => {
      const partitions: Partition[] = [];
      const { id } = await connector.account(context);
      for await (const partition of connector.partitions(context)) partitions.push(partition);
      return { account: id, config: context.config as Record<string, unknown>, partitions };
    };
    return this.setup.ask(tenant, connection, question, since);
  }

  /**
   * The calls that are left until these partitions are read once; null: the connector cannot tell.
   * @param since as ConnectionSetupService.ask
   */
  estimate(
    tenant: string,
    connection: AskedConnection,
    partitions: readonly PartlyRead[],
    since: Date,
  ): Promise<CallEstimate[] | null> {
    const question = async (connector: Connector, context: ConnectorContext) =>
      connector.plan ? connector.plan(context, partitions) : null;
    return this.setup.ask(tenant, connection, question, since);
  }

  /** Documents that an address may mean, as the connectors read it; none of them is asked for. */
  externalIdsOf(url: string): string[] {
    return this.setup.externalIdsOf(url);
  }

  /** Asks about one document by its id; nothing is stored. */
  lookUp(
    tenant: string,
    connection: AskedConnection,
    item: { externalId: string; partition: string },
  ): Promise<LookUp> {
    return this.setup.ask(tenant, connection, async (connector, context) => {
      try {
        const found = await connector.fetch(context, { ...item, version: null });
        if ('gone' in found) return { state: found.state };
        return { state: 'there', partition: found.partition, title: found.title };
      } catch (error) {
        if (!(error instanceof ItemError)) throw error;
        return { state: 'failed', code: error.code, message: error.message };
      }
    });
  }
}
