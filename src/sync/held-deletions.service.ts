import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { ConnectionsService } from '../connections/connections.service.js';
import { Database } from '../database/database.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { RunsService } from '../runs/runs.service.js';
import type { SettledAnswer } from './held-deletions.schema.js';
import { LedgerRepository } from './ledger.repository.js';
import { purgeTime } from './retention.js';

/** Mass deletions that wait for a person: still searchable until confirmed. */
@Injectable()
export class HeldDeletionsService {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionsService,
    private readonly ledger: LedgerRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly runs: RunsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Hides what is held; restorable for 7 days. @throws AppError `no_held_deletions` */
  confirm(tenant: string, connection: string): Promise<SettledAnswer> {
    return this.settle(tenant, connection, true);
  }

  /** Keeps what is held; the next sweep may hold it again. @throws AppError `no_held_deletions` */
  reject(tenant: string, connection: string): Promise<SettledAnswer> {
    return this.settle(tenant, connection, false);
  }

  private settle(tenant: string, connection: string, hide: boolean): Promise<SettledAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      await this.connections.require(tx, tenant, connection);
      const held = await this.ledger.suspects(tx, tenant, connection);
      if (held.length === 0)
        throw new AppError('no_held_deletions', 'The connection holds no deletions.');
      const ids = held.map((document) => document.id);
      if (hide) await this.lifecycle.hide(tx, tenant, ids, 'deleted', purgeTime(this.clock.now()));
      else await this.lifecycle.mark(tx, tenant, ids, 'live');
      await this.runs.settleHeld(tx, tenant, connection);
      return { deleted: hide ? ids.length : 0, kept: hide ? 0 : ids.length };
    });
  }
}
