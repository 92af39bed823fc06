import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../../common/clock.js';
import { Database } from '../../database/database.js';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import { firstByChunks } from '../../remember/slices.js';
import { LedgerRepository, type Suspect } from '../engine/ledger.repository.js';
import { purgeTime } from './retention.js';

export interface Hidden {
  deleted: number;
  lost_access: number;
}

/** Documents that their source no longer has by its own word, still searchable until hidden. */
@Injectable()
export class Suspects {
  constructor(
    private readonly database: Database,
    private readonly ledger: LedgerRepository,
    private readonly lifecycle: DocumentLifecycle,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Hides one batch, each by its own verdict; restorable for 7 days. Call it until none are left.
   * @param of all of the connection, unless given
   */
  async hide(
    tx: EntityManager,
    tenant: string,
    connection: string,
    of?: { partition: string; since: Date },
  ): Promise<Hidden> {
    const batch = await this.some(tx, tenant, connection, of);
    const purgeAt = purgeTime(this.clock.now());
    const gone = idsWith(batch, 'gone');
    const lost = idsWith(batch, 'lost_access');
    if (gone.length > 0) await this.lifecycle.hide(tx, tenant, gone, 'deleted', purgeAt);
    if (lost.length > 0) await this.lifecycle.hide(tx, tenant, lost, 'lost_access', purgeAt);
    return { deleted: gone.length, lost_access: lost.length };
  }

  /** How many a connection has. */
  async count(tx: EntityManager, tenant: string, connection: string): Promise<number> {
    const now = this.clock.now();
    const partitions = await this.ledger.countSuspects(tx, tenant, connection, now);
    return partitions.reduce((sum, { fresh, earlier }) => sum + fresh + earlier, 0);
  }

  /** Keeps one batch; answers how many. */
  async keep(tx: EntityManager, tenant: string, connection: string): Promise<number> {
    const batch = await this.some(tx, tenant, connection);
    const ids = batch.map(({ id }) => id);
    await this.lifecycle.mark(tx, tenant, ids, 'live');
    return ids.length;
  }

  private async some(
    tx: EntityManager,
    tenant: string,
    connection: string,
    of?: { partition: string; since: Date },
  ): Promise<readonly Suspect[]> {
    const { lightBatch } = this.database;
    const found = await this.ledger.suspects(tx, tenant, connection, lightBatch, of);
    return firstByChunks(found, lightBatch);
  }
}

function idsWith(batch: readonly Suspect[], verdict: Suspect['verdict']): string[] {
  return batch.filter((suspect) => suspect.verdict === verdict).map(({ id }) => id);
}
