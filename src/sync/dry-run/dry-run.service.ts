import { Inject, Injectable } from '@nestjs/common';
import type { ConnectorContext } from '../../../connectors/sdk/context.js';
import type { Connector, Page, Partition } from '../../../connectors/sdk/contract.js';
import { CLOCK, type Clock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { ConnectionSetupService } from '../../connections/connection-setup.service.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { Database } from '../../database/database.js';
import type { SyncRun } from '../engine/sync-run.js';
import { DryRunReader } from './dry-run-reader.js';
import type { DryRunAnswer, DryRunBody, DryRunDocument } from './dry-run.schema.js';
import { rehearsal } from './rehearsal.js';

/** A feed may hand out many pages without a document. */
const MAX_PAGES = 20;

/** Tells what a sync would do with some documents, and does nothing of it. */
@Injectable()
export class DryRunService {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionsService,
    private readonly setup: ConnectionSetupService,
    private readonly reader: DryRunReader,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @throws AppError `connection_not_found`, `partition_not_found`, those of
   *   ConnectionSetupService.ask
   */
  async dryRun(tenant: string, id: string, body: DryRunBody): Promise<DryRunAnswer> {
    const row = await this.database.inTenant(tenant, (tx) =>
      this.connections.require(tx, tenant, id),
    );
    const { target } = await this.connections.forRun(tenant, id);
    return this.setup.ask(tenant, row, async (connector, context) => {
      const partition = await find(connector, context, body.partition);
      const now = () => this.clock.now();
      const sync = rehearsal(tenant, connector, context, target, now);
      return this.look(sync, partition, body.limit);
    });
  }

  private async look(sync: SyncRun, partition: Partition, limit: number): Promise<DryRunAnswer> {
    const documents = new Map<string, DryRunDocument>();
    const skipped: Record<string, number> = {};
    let pages = 0;
    let complete = true;
    const lanes = partition.skipReason === undefined ? sync.connector.lanes : [];
    for (const lane of lanes) {
      for await (const page of sync.connector.pull(sync.context, partition, lane.name, null)) {
        const rest = limit - documents.size;
        if (rest <= 0 || (pages += 1) > MAX_PAGES) {
          complete = false;
          break;
        }
        for (const [reason, count] of Object.entries(page.skipped))
          skipped[reason] = (skipped[reason] ?? 0) + count;
        const items = unknownOf(page, documents, rest);
        complete &&= items.whole;
        for (const document of await this.reader.judge(sync, items))
          documents.set(document.external_id, document);
      }
    }
    const { key, title, skipReason } = partition;
    return {
      partition: { key, title, skip_reason: skipReason ?? null },
      documents: [...documents.values()],
      skipped,
      complete,
    };
  }
}

/** @throws AppError `partition_not_found` */
async function find(
  connector: Connector,
  context: ConnectorContext,
  key: string,
): Promise<Partition> {
  for await (const partition of connector.partitions(context))
    if (partition.key === key) return partition;
  throw new AppError('partition_not_found', `The source has no partition "${key}".`);
}

/** What of a page was not met on an earlier one, as far as the limit goes. */
function unknownOf(page: Page, met: ReadonlyMap<string, unknown>, limit: number) {
  const isNew = ({ externalId }: { externalId: string }) => !met.has(externalId);
  const documents = page.documents.filter(isNew);
  const failures = page.failures.filter(isNew);
  return {
    documents: documents.slice(0, limit),
    failures: failures.slice(0, Math.max(0, limit - documents.length)),
    tombstones: page.tombstones.filter((externalId) => !met.has(externalId)),
    skipped: {},
    whole: documents.length + failures.length <= limit,
  };
}
