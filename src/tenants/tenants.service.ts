import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { AuditService } from '../auth/audit.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { SCOPES } from '../common/http/api-request.js';
import { Instant } from '../common/http/id.schema.js';
import { decodeCursor, Page } from '../common/http/paging.js';
import { validationFailed } from '../common/http/validation-failed.js';
import { IDS, type Ids } from '../common/ids.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import type { Tenant } from './tenant.entity.js';
import { TenantsRepository } from './tenants.repository.js';
import type {
  CreatedTenant,
  CreateTenantBody,
  ListTenantsQuery,
  TenantAnswer,
} from './tenants.schema.js';

const Cursor = z.tuple([Instant, z.uuid()]);

@Injectable()
export class TenantsService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsRepository,
    private readonly keys: ApiKeysService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError `tenant_not_found` for an unknown parent, `validation_failed` for a plan */
  create(body: CreateTenantBody): Promise<CreatedTenant> {
    const { name, plan, parent_id: parentId } = body;
    if (!Object.hasOwn(this.config.plans, plan)) {
      const known = Object.keys(this.config.plans).join(', ');
      const msg = `is not a plan of this server: ${known}`;
      throw validationFailed({ loc: ['body', 'plan'], msg, type: 'value_error' });
    }
    return this.database.asSystem(async (tx) => {
      if (parentId !== null && !(await this.tenants.exists(tx, parentId))) {
        throw new AppError('tenant_not_found', `There is no tenant with id ${parentId}.`);
      }
      const { tenant, secret } = await this.add(tx, { name, plan, parentId, actor: 'operator' });
      return { ...answer(tenant), api_key: secret };
    });
  }

  list(query: ListTenantsQuery): Promise<Page<TenantAnswer>> {
    const cursor = decodeCursor(query.cursor, Cursor);
    const after = cursor && { createdAt: new Date(cursor[0]), id: cursor[1] };
    return this.database.asSystem(async (tx) => {
      const page = { limit: query.limit + 1, offset: query.offset, after };
      const rows = await this.tenants.list(tx, page);
      return Page.of(rows, query.limit, (row) => [row.createdAt, row.id], answer);
    });
  }

  /** Adds a tenant and its first key, which has every scope, within the caller's transaction. */
  async add(
    tx: EntityManager,
    given: { name: string; plan: string; parentId: string | null; actor: string; secret?: string },
  ): Promise<{ tenant: Tenant; secret: string }> {
    const { name, plan, parentId, actor } = given;
    const id = this.ids.next();
    const createdAt = this.clock.now();
    const keys = { dataKeyWrapped: null, keyId: null };
    const previous = { previousDataKeyWrapped: null, previousKeyId: null };
    const tenant = { id, parentId, name, plan, ...keys, ...previous, createdAt };
    await this.tenants.insert(tx, tenant);
    await this.audit.record(tx, id, { actor, action: 'tenant.created', target: id });
    const grant = { name: 'first key', scopes: [...SCOPES] };
    const { secret } = await this.keys.issue(tx, id, grant, given.secret);
    return { tenant, secret };
  }
}

function answer(tenant: Tenant): TenantAnswer {
  return {
    id: tenant.id,
    name: tenant.name,
    plan: tenant.plan,
    parent_id: tenant.parentId,
    created_at: tenant.createdAt.toISOString(),
  };
}
