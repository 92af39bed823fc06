import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import type { AuditAction } from '../auth/audit-actions.js';
import { ACTIVE_STATES } from '../runs/run-state.js';
import { Tenant } from './tenant.entity.js';

const OF_COLLECTIONS = 'collection_id in (select id from collections where tenant_id = $1)';

/** Which rows of the large tables are a tenant's, in the order in which they are to go. */
const OWNED = {
  memories: OF_COLLECTIONS,
  documents: OF_COLLECTIONS,
  term_stats: OF_COLLECTIONS,
  embedding_cache: 'tenant_id = $1',
  run_requests: 'run_id in (select id from runs where tenant_id = $1)',
} as const;
export type OwnedTable = keyof typeof OWNED;
export const OWNED_TABLES = Object.keys(OWNED) as OwnedTable[];

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

  /** The tenant with its containers and theirs, the lowest first. */
  async family(tx: EntityManager, id: string): Promise<string[]> {
    const rows = await tx.query<{ id: string }[]>(
      `with recursive family as (
         select id, 0 as depth from tenants where id = $1
         union all
         select t.id, f.depth + 1 from tenants t join family f on t.parent_id = f.id)
       select id from family order by depth desc`,
      [id],
    );
    return rows.map((row) => row.id);
  }

  /** Nobody may use these tenants any more, and nothing works for them. */
  async shut(tx: EntityManager, ids: readonly string[]): Promise<void> {
    await tx.query(
      `update api_keys set revoked_at = now() where tenant_id = any($1::uuid[])
         and revoked_at is null`,
      [ids],
    );
    await tx.query(
      `update connections set status = 'paused', status_reason = 'account deleted',
         next_run_at = null, updated_at = now()
       where tenant_id = any($1::uuid[])`,
      [ids],
    );
    // A worker that is at one of them writes nothing more: its lease is gone.
    await tx.query(
      `update runs set state = 'cancelled', cancel_requested = true, waiting = null,
         lease_token = null, lease_until = null, finished_at = now(), updated_at = now()
       where tenant_id = any($1::uuid[]) and state = any($2::text[])`,
      [ids, ACTIVE_STATES],
    );
    await tx.query(`delete from jobs where tenant_id = any($1::uuid[])`, [ids]);
  }

  /** Removes some rows of the tables that grow with its memories. @returns false: none is left */
  async empty(tx: EntityManager, table: OwnedTable, id: string, limit: number): Promise<boolean> {
    const [, removed] = await tx.query<[unknown[], number]>(
      `delete from ${table} where ctid = any(array(
         select ctid from ${table} where ${OWNED[table]} limit $2))`,
      [id, limit],
    );
    if (removed === limit) return true;
    // Fewer may be all, or what another process at the same work has left of the same rows.
    const [row] = await tx.query<{ more: boolean }[]>(
      `select exists (select from ${table} where ${OWNED[table]}) as more`,
      [id],
    );
    return row!.more;
  }

  /** Whose deletion was begun and not finished. */
  async halfDeleted(tx: EntityManager): Promise<string[]> {
    const action: AuditAction = 'tenant.deleted';
    const rows = await tx.query<{ id: string }[]>(
      `select t.id from tenants t where t.id in (
         select tenant_id from audit_log where action = $1)`,
      [action],
    );
    return rows.map((row) => row.id);
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
