import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Database } from '../database/database.js';
import { leaveRoom } from '../indexing/leave-room.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { firstByChunks } from '../remember/slices.js';
import { RunsService } from '../runs/runs.service.js';
import { ConnectionsRepository } from './connections.repository.js';
import { ConnectionsService } from './connections.service.js';

/** A run ends at its next page, that of a dead worker when its lease has run out. */
const RUN_END_MS = 20_000;

@Injectable()
export class ConnectionDeletionService {
  constructor(
    private readonly database: Database,
    private readonly service: ConnectionsService,
    private readonly connections: ConnectionsRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly runs: RunsService,
    private readonly audit: AuditService,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Detaches an account. Its memories stay, unless `purge`, which removes them in small batches
   * before the connection itself goes, so that a crash in between can simply be repeated.
   * @throws AppError `connection_not_found`, `index_behind` once the index takes nobody's writes
   */
  async delete(tenant: string, by: ApiKeyIdentity, id: string, purge: boolean): Promise<void> {
    await this.database.inTenant(tenant, (tx) => this.service.stop(tx, tenant, id));
    await this.waitForRun(tenant, id);
    while (purge && (await this.purgeBatch(tenant, id))) await leaveRoom(this.index);
    await this.database.inTenant(tenant, async (tx) => {
      // Of two requests at once, only one has deleted it.
      if (!(await this.connections.remove(tx, tenant, id))) return;
      const event = { actor: `key:${by.id}`, action: 'connection.deleted', target: id } as const;
      await this.audit.record(tx, tenant, { ...event, details: { purge } });
    });
  }

  /** A run that is still writing would bring back what is being removed. */
  private async waitForRun(tenant: string, id: string): Promise<void> {
    const run = await this.database.inTenant(tenant, (tx) =>
      this.runs.cancelActive(tx, tenant, id),
    );
    if (run !== undefined) await this.runs.wait(tenant, run, RUN_END_MS);
  }

  private async purgeBatch(tenant: string, id: string): Promise<boolean> {
    const { lightBatch } = this.database;
    return this.database.inTenant(tenant, async (tx) => {
      const documents = await this.connections.someDocuments(tx, tenant, id, lightBatch);
      const ids = firstByChunks(documents, lightBatch).map((document) => document.id);
      await this.lifecycle.erase(tx, tenant, ids);
      return ids.length > 0;
    });
  }
}
