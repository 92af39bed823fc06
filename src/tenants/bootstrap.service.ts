import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { AuditService } from '../auth/audit.service.js';
import { SCOPES } from '../common/http/api-request.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

const FIRST_TENANT = { name: 'default', plan: 'unlimited', parentId: null, actor: 'bootstrap' };

/**
 * Gives a new installation its first tenant and key. Runs at every start and changes nothing when
 * all is there already; a key that was revoked or rotated stays dead though the environment may
 * still name it.
 */
@Injectable()
export class BootstrapService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsRepository,
    private readonly tenantsService: TenantsService,
    private readonly keys: ApiKeysService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @returns the new tenant's key if one had to be made, for showing it this once */
  ensure(): Promise<{ apiKey?: string }> {
    const given = this.config.bootstrapApiKey?.reveal();
    return this.database.asSystem(async (tx) => {
      await this.tenants.lockBootstrap(tx);
      if (given !== undefined) {
        await this.ensureKey(tx, given);
        return {};
      }
      if (!(await this.tenants.isEmpty(tx))) return {};
      const { secret } = await this.tenantsService.add(tx, FIRST_TENANT);
      return { apiKey: secret };
    });
  }

  private async ensureKey(tx: EntityManager, secret: string): Promise<void> {
    if (await this.keys.isKnown(tx, secret)) return;
    const tenant = await this.tenants.findRootByName(tx, FIRST_TENANT.name);
    if (tenant) {
      const grant = { name: 'bootstrap', scopes: [...SCOPES] };
      const { key } = await this.keys.issue(tx, tenant.id, grant, secret);
      const event = { actor: 'bootstrap', action: 'api_key.created', target: key.id } as const;
      await this.audit.record(tx, tenant.id, { ...event, details: { name: grant.name } });
    } else {
      await this.tenantsService.add(tx, { ...FIRST_TENANT, secret });
    }
  }
}
