import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import { Tenant } from './tenant.entity.js';

/** Where a page of the list starts: the sort key of the row before it. */
export interface AfterTenant {
  createdAt: Date;
  id: string;
}

@Injectable()
export class TenantsRepository {
  async insert(tx: EntityManager, tenant: Tenant): Promise<void> {
    await tx.getRepository(Tenant).insert(tenant);
  }

  exists(tx: EntityManager, id: string): Promise<boolean> {
    return tx.existsBy(Tenant, { id });
  }

  isEmpty(tx: EntityManager): Promise<boolean> {
    return tx.exists(Tenant).then((any) => !any);
  }

  /** The oldest tenant of that name which is no container. */
  findRootByName(tx: EntityManager, name: string): Promise<Tenant | null> {
    return tx.findOne(Tenant, {
      where: { name, parentId: IsNull() },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  /** With everything below it, containers included. */
  async delete(tx: EntityManager, id: string): Promise<void> {
    await tx.delete(Tenant, { id });
  }

  /** Newest first. */
  list(
    tx: EntityManager,
    page: { limit: number; offset: number; after?: AfterTenant },
  ): Promise<Tenant[]> {
    const query = tx
      .createQueryBuilder(Tenant, 'tenant')
      .orderBy('tenant.createdAt', 'DESC')
      .addOrderBy('tenant.id', 'DESC')
      .limit(page.limit);
    if (page.after) query.where('(tenant.createdAt, tenant.id) < (:createdAt, :id)', page.after);
    else query.offset(page.offset);
    return query.getMany();
  }

  /** Waits for other processes that start at the same time; ends with the transaction. */
  async lockBootstrap(tx: EntityManager): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtext('tributary:bootstrap'))`);
  }
}
