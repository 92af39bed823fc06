import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import type { Scope } from '../common/http/api-request.js';
import { ApiKey } from './api-key.entity.js';

/** A key as authentication needs it, with the plan of its tenant. */
export interface KeyOwner {
  id: string;
  tenant: string;
  tenantName: string;
  plan: string;
  name: string;
  scopes: Scope[];
  collection: string | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** Where a page of the list starts: the sort key of the row before it. */
export interface AfterKey {
  createdAt: Date;
  id: string;
}

@Injectable()
export class ApiKeysRepository {
  /** Across tenants, since the key is what tells the tenant. */
  async findOwner(tx: EntityManager, hash: Buffer): Promise<KeyOwner | undefined> {
    const rows: KeyOwner[] = await tx.query(
      `select k.id, k.tenant_id as tenant, t.name as "tenantName", t.plan, k.name, k.scopes,
              k.collection, k.expires_at as "expiresAt", k.revoked_at as "revokedAt"
         from api_keys k join tenants t on t.id = k.tenant_id
        where k.hash = $1`,
      [hash],
    );
    return rows[0];
  }

  async insert(tx: EntityManager, key: ApiKey): Promise<void> {
    await tx.getRepository(ApiKey).insert(key);
  }

  async isKnown(tx: EntityManager, hash: Buffer): Promise<boolean> {
    return tx.existsBy(ApiKey, { hash });
  }

  /** The key, locked until the transaction ends. */
  lock(tx: EntityManager, tenant: string, id: string): Promise<ApiKey | null> {
    return tx
      .createQueryBuilder(ApiKey, 'key')
      .where('key.tenantId = :tenant and key.id = :id', { tenant, id })
      .setLock('pessimistic_write')
      .getOne();
  }

  async revoke(tx: EntityManager, tenant: string, id: string, at: Date): Promise<void> {
    await tx.update(ApiKey, { tenantId: tenant, id, revokedAt: IsNull() }, { revokedAt: at });
  }

  async renameRestriction(
    tx: EntityManager,
    tenant: string,
    from: string,
    to: string,
  ): Promise<void> {
    await tx.update(ApiKey, { tenantId: tenant, collection: from }, { collection: to });
  }

  /** Newest first. */
  list(
    tx: EntityManager,
    tenant: string,
    page: { limit: number; offset: number; after?: AfterKey },
  ): Promise<ApiKey[]> {
    const query = tx
      .createQueryBuilder(ApiKey, 'key')
      .where('key.tenantId = :tenant', { tenant })
      .orderBy('key.createdAt', 'DESC')
      .addOrderBy('key.id', 'DESC')
      .limit(page.limit);
    if (page.after) query.andWhere('(key.createdAt, key.id) < (:createdAt, :id)', page.after);
    else query.offset(page.offset);
    return query.getMany();
  }

  async markUsed(tx: EntityManager, used: ReadonlyMap<string, Date>): Promise<void> {
    await tx.query(
      `update api_keys k set last_used_at = used.at
         from unnest($1::uuid[], $2::timestamptz[]) as used (id, at)
        where k.id = used.id and (k.last_used_at is null or k.last_used_at < used.at)`,
      [[...used.keys()], [...used.values()]],
    );
  }
}
