import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { EntityManager } from 'typeorm';
import { AUDIT_DAYS, AuditService } from '../auth/audit.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { logFailure } from '../common/errors/log-failure.js';
import { CONFIG, type Config } from '../config/config.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import {
  daysAgo,
  PLAN_DAYS,
  purgeTime,
  RESOLVED_FAILURE_DAYS,
  RUN_DAYS,
} from '../sync/deletions/retention.js';
import { RetentionRepository } from './retention.repository.js';

const EVERY_MS = 60_000;
const BATCH = 500;

export interface Removed {
  runs: number;
  failures: number;
  plans: number;
  audit: number;
  /** Documents that a worker of an earlier version had brought back beside their removal. */
  hidden: number;
}

/**
 * Removes history that is past its time (src/sync/deletions/retention.ts). Any number of processes may do so
 * at once: what one has removed, another does not find.
 */
@Injectable()
export class RetentionService {
  private readonly logger = new Logger('Retention');
  private busy = false;

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly repository: RetentionRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly audit: AuditService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The timer; a failure is logged and the next tick tries again. */
  @Interval(EVERY_MS)
  async tick(): Promise<void> {
    if (this.config.role === 'api' || this.busy) return;
    this.busy = true;
    try {
      await this.removeOld();
    } catch (error) {
      logFailure(this.logger, 'retention failed', error);
    } finally {
      this.busy = false;
    }
  }

  /** Removes everything that is past its time, batch by batch. */
  async removeOld(): Promise<Removed> {
    const now = this.clock.now();
    const { repository } = this;
    return {
      runs: await this.inBatches((tx) => repository.removeRuns(tx, daysAgo(now, RUN_DAYS), BATCH)),
      failures: await this.inBatches((tx) =>
        repository.removeResolvedFailures(tx, daysAgo(now, RESOLVED_FAILURE_DAYS), BATCH),
      ),
      plans: await this.inBatches((tx) =>
        repository.removePlans(tx, daysAgo(now, PLAN_DAYS), BATCH),
      ),
      audit: await this.inBatches((tx) =>
        this.audit.removeBefore(tx, daysAgo(now, AUDIT_DAYS), BATCH),
      ),
      hidden: await this.hideRemoved(purgeTime(now)),
    };
  }

  private async inBatches(work: (tx: EntityManager) => Promise<number>): Promise<number> {
    for (let removed = 0; ;) {
      const n = await this.database.asSystem(work);
      removed += n;
      if (n < BATCH) return removed;
    }
  }

  private async hideRemoved(purgeAt: Date): Promise<number> {
    const found = await this.database.asSystem((tx) =>
      this.repository.removedButVisible(tx, BATCH),
    );
    let hidden = 0;
    for (const { id, tenant } of found)
      hidden += await this.database.inTenant(tenant, async (tx) => {
        await this.lifecycle.lock(tx, tenant, [id]);
        // It may have been restored meanwhile.
        const still = await this.repository.removedButVisible(tx, 1, id);
        if (still.length > 0) await this.lifecycle.hide(tx, tenant, [id], 'deleted', purgeAt);
        return still.length;
      });
    return hidden;
  }
}
