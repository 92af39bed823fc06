import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { EntityManager } from 'typeorm';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { AuditService } from '../auth/audit.service.js';
import { logFailure } from '../common/errors/log-failure.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { validationFailed } from '../common/http/validation-failed.js';
import { CONFIG, type Config } from '../config/config.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { OWNED_TABLES, TenantsRepository, type OwnedTable } from './tenants.repository.js';

const EVERY_MS = 60_000;
/** How long a request waits for an index that is behind; then the rest is left to the workers. */
const PATIENCE_MS = 5_000;

/**
 * Deletes tenants in small transactions, so that nobody else waits for a large one, nor for the
 * index that follows: nobody needs it soon. The first transaction revokes all keys and says so in
 * the audit log; what a crash leaves, any worker finishes.
 */
@Injectable()
export class TenantDeletionService {
  private readonly logger = new Logger('TenantDeletion');
  /** What this process is deleting. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly tenants: TenantsRepository,
    private readonly keys: ApiKeysService,
    private readonly audit: AuditService,
    private readonly lifecycle: Lifecycle,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Deletes the tenant with its containers and all that they own. The audit log keeps who did it.
   * While the index is behind, workers go on after the answer.
   * @param confirm must be the tenant's name or id
   */
  async delete(tenant: string, by: ApiKeyIdentity, confirm: string): Promise<void> {
    if (confirm !== tenant && confirm !== by.tenantName) {
      const msg = "must be the tenant's name or id";
      throw validationFailed({ loc: ['body', 'confirm'], msg, type: 'value_error' });
    }
    const event = {
      actor: `key:${by.id}`,
      action: 'tenant.deleted',
      target: by.tenantName,
    } as const;
    this.busy.add(tenant);
    try {
      await this.database.asSystem(async (tx) => {
        await this.audit.record(tx, tenant, event);
        await this.shut(tx, tenant);
      });
      this.keys.forgetKeys();
      const { stopping } = this.lifecycle;
      const patience = AbortSignal.any([stopping, AbortSignal.timeout(PATIENCE_MS)]);
      await this.finish(tenant, patience).catch((error: unknown) => {
        if (error !== patience.reason) throw error;
      });
    } finally {
      this.busy.delete(tenant);
    }
  }

  /** The timer; a failure is logged and the next tick tries again. */
  @Interval(EVERY_MS)
  async tick(): Promise<void> {
    if (this.config.role === 'api') return;
    try {
      await this.resume();
    } catch (error) {
      logFailure(this.logger, 'deleting a tenant failed', error);
    }
  }

  /** Finishes what was begun, here or by a process that is no more. */
  async resume(): Promise<void> {
    const begun = await this.database.asSystem((tx) => this.tenants.halfDeleted(tx));
    for (const tenant of begun.filter((id) => !this.busy.has(id))) {
      this.busy.add(tenant);
      try {
        // Once more: a request that was under way may have made a key or a container since.
        await this.database.asSystem((tx) => this.shut(tx, tenant));
        await this.finish(tenant, this.lifecycle.stopping);
      } finally {
        this.busy.delete(tenant);
      }
    }
  }

  private async shut(tx: EntityManager, tenant: string): Promise<void> {
    await this.tenants.shut(tx, await this.tenants.family(tx, tenant));
  }

  /** @throws the signal's reason when it aborts while the index is behind */
  private async finish(root: string, signal: AbortSignal): Promise<void> {
    const family = await this.database.asSystem((tx) => this.tenants.family(tx, root));
    for (const tenant of family) {
      for (const table of OWNED_TABLES) await this.empty(table, tenant, signal);
      await this.database.asSystem((tx) => this.tenants.delete(tx, tenant));
    }
  }

  private async empty(table: OwnedTable, tenant: string, signal: AbortSignal): Promise<void> {
    let isMore = true;
    while (isMore) {
      const room = await this.index.waitAsMaintenance(signal);
      const limit = Math.min(this.database.lightBatch, room);
      isMore = await this.database.asSystem((tx) => this.tenants.empty(tx, table, tenant, limit));
    }
  }
}
