import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../auth/audit.service.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Database } from '../database/database.js';
import { leaveRoom } from '../indexing/leave-room.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { RunsService } from '../runs/runs.service.js';
import { CollectionsRepository, type AttachedConnection } from './collections.repository.js';
import { CollectionsService, type CollectionRef } from './collections.service.js';

/** Rows per transaction: a large collection must not hold up everybody's requests. */
const BATCH = 500;
/** A run ends at its next page, that of a dead worker when its lease has run out. */
const RUN_END_MS = 20_000;

@Injectable()
export class CollectionDeletionService {
  constructor(
    private readonly database: Database,
    private readonly service: CollectionsService,
    private readonly collections: CollectionsRepository,
    private readonly runs: RunsService,
    private readonly audit: AuditService,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Deletes a collection with its memories. With `cascade` the connections that write to it are
   * stopped first, so that none refills it, and go with it. A crash on the way leaves a smaller
   * collection; ask again.
   * @throws AppError `collection_not_found`, `collection_has_connections`, `index_behind` once the
   *   index takes nobody's writes
   */
  async delete(
    tenant: string,
    by: ApiKeyIdentity,
    name: string,
    options: { cascade: boolean },
  ): Promise<void> {
    const { id, running } = await this.database.inTenant(tenant, async (tx) => {
      const collection = await this.service.requireIn(tx, tenant, name);
      const connections = await this.attached(tx, tenant, collection, options.cascade);
      return { id: collection.id, running: await this.stop(tx, tenant, collection, connections) };
    });
    await Promise.all(running.map((run) => this.runs.wait(tenant, run, RUN_END_MS)));
    await this.empty(tenant, id);
    await this.database.inTenant(tenant, async (tx) => {
      const collection = await this.service.requireIn(tx, tenant, name);
      // Another one may have been attached while the memories went.
      const connections = await this.attached(tx, tenant, collection, options.cascade);
      await this.detach(tx, tenant, collection, by, connections);
      await this.collections.delete(tx, tenant, collection.id);
      const event = { actor: `key:${by.id}`, action: 'collection.deleted', target: name } as const;
      await this.audit.record(tx, tenant, event);
    });
  }

  /** Of a collection that from here to the end of the transaction gets no others. */
  private async attached(
    tx: EntityManager,
    tenant: string,
    { id, name }: CollectionRef,
    cascade: boolean,
  ): Promise<AttachedConnection[]> {
    await this.collections.lock(tx, tenant, id);
    const connections = await this.collections.attachedConnections(tx, tenant, id);
    if (connections.length > 0 && !cascade) {
      throw new AppError(
        'collection_has_connections',
        `${connections.length} connection(s) write to "${name}": ` +
          `${connections.map((connection) => connection.name).join(', ')}. ` +
          'Delete them first, or pass cascade=true.',
      );
    }
    return connections;
  }

  /** Answers the runs that are to end. */
  private async stop(
    tx: EntityManager,
    tenant: string,
    { id }: CollectionRef,
    connections: readonly AttachedConnection[],
  ): Promise<string[]> {
    await this.collections.pauseConnections(tx, tenant, id);
    const running: string[] = [];
    for (const connection of connections) {
      const run = await this.runs.cancelActive(tx, tenant, connection.id);
      if (run !== undefined) running.push(run);
    }
    return running;
  }

  private async detach(
    tx: EntityManager,
    tenant: string,
    { id, name }: CollectionRef,
    by: ApiKeyIdentity,
    connections: readonly AttachedConnection[],
  ): Promise<void> {
    if (connections.length === 0) return;
    await this.collections.detachConnections(tx, tenant, id);
    await this.audit.record(tx, tenant, {
      actor: `key:${by.id}`,
      action: 'collection.connections_deleted',
      target: name,
      details: { connections },
    });
  }

  private async empty(tenant: string, id: string): Promise<void> {
    for (const table of ['memories', 'documents'] as const) {
      for (;;) {
        const isMore = await this.database.inTenant(
          tenant,
          (tx) => this.collections.deleteSome(tx, table, tenant, id, BATCH),
          { priority: 'background' },
        );
        if (!isMore) break;
        await leaveRoom(this.index);
      }
    }
  }
}
