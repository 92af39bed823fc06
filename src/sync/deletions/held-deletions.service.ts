import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditService, type AuditEvent } from '../../auth/audit.service.js';
import { AppError } from '../../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { Database } from '../../database/database.js';
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
  ) {}

  /**
   * Hides what is held, each document by what the source said of it; restorable for 7 days.
   * @throws AppError `no_held_deletions`
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

  /** Batch by batch, so that no transaction is large; whoever is cut short may ask again. */
  private async settle(
    tenant: string,
    connection: string,
    event: AuditEvent,
    batch: (tx: EntityManager) => Promise<SettledAnswer>,
  ): Promise<SettledAnswer> {
    await this.database.inTenant(tenant, (tx) => this.connections.require(tx, tenant, connection));
    const total = { ...NOTHING };
    for (;;) {
      const done = await this.database.inTenant(tenant, async (tx) =>
        (await this.runs.holdsDecided(tx, tenant, connection)) ? batch(tx) : NOTHING,
      );
      if (sum(done) === 0) break;
      total.deleted += done.deleted;
      total.lost_access += done.lost_access;
      total.kept += done.kept;
    }
    if (sum(total) === 0)
      throw new AppError(
        'no_held_deletions',
        'The connection holds no deletions, or its last run has not decided which.',
      );
    await this.database.inTenant(tenant, async (tx) => {
      await this.runs.settleHeld(tx, tenant, connection);
      await this.audit.record(tx, tenant, { ...event, target: connection, details: total });
    });
    return total;
  }
}

const NOTHING: SettledAnswer = { deleted: 0, lost_access: 0, kept: 0 };

const sum = ({ deleted, lost_access, kept }: SettledAnswer): number => deleted + lost_access + kept;
