import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../auth/audit.service.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Database } from '../database/database.js';
import { leaveRoom } from '../indexing/leave-room.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { firstByChunks } from '../remember/slices.js';
import { RunsService } from '../runs/runs.service.js';
import { connectionBusy, RUN_DOES_NOT_STOP } from './connection-busy.js';
import { BEING_PURGED } from './connection-row.js';
import { ConnectionsRepository } from './connections.repository.js';
import { ConnectionsService } from './connections.service.js';
import { PlanRepository } from './plan.repository.js';
import { ScopeRepository } from './scope.repository.js';

/** A run ends at its next page, that of a dead worker when its lease has run out. */
const RUN_END_MS = 20_000;

@Injectable()
export class ConnectionDeletionService {
  constructor(
    private readonly database: Database,
    private readonly service: ConnectionsService,
    private readonly connections: ConnectionsRepository,
    private readonly scope: ScopeRepository,
    private readonly plans: PlanRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly runs: RunsService,
    private readonly audit: AuditService,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Detaches an account. Its documents are let go of in small batches before the connection itself
   * goes, or removed with `purge`, those too that it was still to adopt. A crash in between can
   * simply be repeated.
   * @throws AppError `connection_not_found`, `connection_busy`, `index_behind` once the index takes
   *   nobody's writes
   */
  async delete(tenant: string, by: ApiKeyIdentity, id: string, purge: boolean): Promise<void> {
    await this.database.inTenant(tenant, async (tx) => {
      const reason = await this.service.stop(tx, tenant, id);
      if (!purge) assertNotPurged(reason);
      else await this.connections.setStatus(tx, tenant, id, 'paused', BEING_PURGED);
    });
    await this.waitForRun(tenant, id);
    const step = (tx: EntityManager): Promise<boolean> =>
      purge ? this.purgeSome(tx, tenant, id) : this.letGoOfSome(tx, tenant, id);
    for (;;) {
      const isMore = await this.database.inTenant(tenant, async (tx) => {
        if (await step(tx)) return true;
        // From here on nobody can write for the connection, and what was written before is seen.
        if (purge) await this.assertPurged(tx, tenant, id);
        else await this.scope.lockConnection(tx, tenant, id);
        if ((await this.some(tx, tenant, id, purge)).length > 0) return true;
        if (!(await this.connections.remove(tx, tenant, id))) return false;
        const event = { actor: `key:${by.id}`, action: 'connection.deleted', target: id } as const;
        await this.audit.record(tx, tenant, { ...event, details: { purge } });
        return false;
      });
      if (!isMore) return;
      await leaveRoom(this.index);
    }
  }

  /** A run that is still writing would bring back what is being removed. */
  private async waitForRun(tenant: string, id: string): Promise<void> {
    const run = await this.database.inTenant(tenant, (tx) =>
      this.runs.cancelActive(tx, tenant, id),
    );
    if (run !== undefined) await this.runs.wait(tenant, run, RUN_END_MS);
  }

  private async purgeSome(tx: EntityManager, tenant: string, id: string): Promise<boolean> {
    await this.assertPurged(tx, tenant, id);
    const ids = await this.some(tx, tenant, id, true);
    await this.lifecycle.erase(tx, tenant, ids);
    return ids.length > 0;
  }

  /** Of two requests at once, only one has deleted it; one that was resumed is not purged on. */
  private async assertPurged(tx: EntityManager, tenant: string, id: string): Promise<void> {
    if ((await this.scope.lockConnection(tx, tenant, id)) === BEING_PURGED) return;
    await this.service.require(tx, tenant, id);
    throw connectionBusy('The connection was resumed meanwhile; what is left of it stays.');
  }

  /**
   * The documents belong to nobody then, so a run would store them a second time; without known
   * partitions, one that comes after all begins with adopting them again.
   */
  private async letGoOfSome(tx: EntityManager, tenant: string, id: string): Promise<boolean> {
    assertNotPurged(await this.scope.lockConnection(tx, tenant, id));
    if (await this.plans.activeRun(tx, tenant, id)) throw connectionBusy(RUN_DOES_NOT_STOP);
    await this.connections.forgetPartitions(tx, id);
    const ids = await this.some(tx, tenant, id, false);
    await this.connections.letGo(tx, tenant, id, ids);
    return ids.length > 0;
  }

  /** Documents for one transaction; with `leftBehind` those too that it was still to adopt. */
  private async some(
    tx: EntityManager,
    tenant: string,
    id: string,
    leftBehind: boolean,
  ): Promise<string[]> {
    const { lightBatch } = this.database;
    let documents = await this.connections.someDocuments(tx, tenant, id, lightBatch);
    if (leftBehind && documents.length === 0)
      documents = await this.connections.leftBehind(tx, tenant, id, lightBatch);
    return firstByChunks(documents, lightBatch).map((document) => document.id);
  }
}

/** What is let go of is out of reach of a purge once the connection itself is gone. */
function assertNotPurged(reason: string | null): void {
  if (reason !== BEING_PURGED) return;
  throw connectionBusy(
    'The connection is being deleted with its documents. Ask for that again where it was cut ' +
      'short, or resume the connection first to keep those that are left.',
  );
}
