import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService, type AuditEvent } from '../../auth/audit.service.js';
import { AppError } from '../../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { Database } from '../../database/database.js';
import { leaveRoom } from '../../indexing/leave-room.js';
import { VECTOR_INDEX, type VectorIndex } from '../../indexing/vector-index.js';
import { RunsService } from '../../runs/runs.service.js';
import type { SettledAnswer } from './held-deletions.schema.js';
import { Suspects } from './suspects.js';

/**
 * Mass deletions that wait for a person: still searchable until confirmed. Suspects of a review
 * that has not come to its end are nobody's yet: it may release them, or hold all of them.
 */
@Injectable()
export class HeldDeletionsService {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionsService,
    private readonly suspects: Suspects,
    private readonly runs: RunsService,
    private readonly audit: AuditService,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Hides what is held, each document by what the source said of it; restorable for 7 days.
   * @throws AppError `no_held_deletions`, `index_behind` once the index takes nobody's writes
   */
  confirm(tenant: string, by: ApiKeyIdentity, connection: string): Promise<SettledAnswer> {
    const event = { actor: `key:${by.id}`, action: 'deletions.confirmed' } as const;
    return this.settle(tenant, connection, event, async (tx) => ({
      ...(await this.suspects.hide(tx, tenant, connection)),
      kept: 0,
    }));
  }

  /** Keeps what is held; the next sweep may hold it again. @throws AppError `no_held_deletions` */
  reject(tenant: string, by: ApiKeyIdentity, connection: string): Promise<SettledAnswer> {
    const event = { actor: `key:${by.id}`, action: 'deletions.rejected' } as const;
    return this.settle(tenant, connection, event, async (tx) => ({
      ...{ deleted: 0, lost_access: 0 },
      kept: await this.suspects.keep(tx, tenant, connection),
    }));
  }

  /**
   * Batch by batch, so that no transaction is large; whoever is cut short may ask again. Where a
   * run begins to judge what is left meanwhile, that stays with the run.
   */
  private async settle(
    tenant: string,
    connection: string,
    event: AuditEvent,
    batch: (tx: EntityManager) => Promise<SettledAnswer>,
  ): Promise<SettledAnswer> {
    await this.database.inTenant(tenant, (tx) => this.connections.require(tx, tenant, connection));
    const total = { deleted: 0, lost_access: 0, kept: 0 };
    for (;;) {
      const done = await this.database.inTenant(tenant, async (tx) => {
        if (!(await this.runs.decidedHold(tx, tenant, connection))) return undefined;
        const done = await batch(tx);
        if (sum(done) === 0) await this.runs.settleHeld(tx, tenant, connection);
        else if (sum(total) === 0) {
          // What is left, if somebody was cut short before.
          const documents = sum(done) + (await this.suspects.count(tx, tenant, connection));
          const details = { documents };
          await this.audit.record(tx, tenant, { ...event, target: connection, details });
        }
        return done;
      });
      if (!done && sum(total) === 0)
        throw new AppError(
          'no_held_deletions',
          'The connection holds no deletions, or its last run has not decided which.',
        );
      if (!done || sum(done) === 0) return total;
      total.deleted += done.deleted;
      total.lost_access += done.lost_access;
      total.kept += done.kept;
      if (done.deleted + done.lost_access > 0) await leaveRoom(this.index);
    }
  }
}

const sum = ({ deleted, lost_access, kept }: SettledAnswer): number => deleted + lost_access + kept;
