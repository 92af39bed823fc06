import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditEntry } from './audit-entry.entity.js';

export interface AuditFilter {
  readonly tenant?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly since?: Date;
  /** Exclusive. */
  readonly until?: Date;
}

/** Where a page of the list starts: the sort key of the row before it. */
export interface AfterEntry {
  readonly createdAt: Date;
  readonly id: string;
}

@Injectable()
export class AuditRepository {
  async insert(tx: EntityManager, entry: AuditEntry): Promise<void> {
    const { id, tenantId, actor, action, target, details, requestId, createdAt } = entry;
    await tx.query(
      `insert into audit_log (id, tenant_id, actor, action, target, details, request_id, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [id, tenantId, actor, action, target, JSON.stringify(details), requestId, createdAt],
    );
  }

  /** Newest first. */
  list(
    tx: EntityManager,
    { tenant, actor, action, since, until }: AuditFilter,
    page: { limit: number; offset: number; after?: AfterEntry },
  ): Promise<AuditEntry[]> {
    const query = tx
      .createQueryBuilder(AuditEntry, 'entry')
      .orderBy('entry.createdAt', 'DESC')
      .addOrderBy('entry.id', 'DESC')
      .limit(page.limit);
    if (tenant !== undefined) query.andWhere('entry.tenantId = :tenant', { tenant });
    if (actor !== undefined) query.andWhere('entry.actor = :actor', { actor });
    if (action !== undefined) query.andWhere('entry.action = :action', { action });
    if (since !== undefined) query.andWhere('entry.createdAt >= :since', { since });
    if (until !== undefined) query.andWhere('entry.createdAt < :until', { until });
    if (page.after) query.andWhere('(entry.createdAt, entry.id) < (:createdAt, :id)', page.after);
    else query.offset(page.offset);
    return query.getMany();
  }

  /** @returns how many went */
  async removeBefore(tx: EntityManager, before: Date, limit: number): Promise<number> {
    const [, removed] = await tx.query<[unknown[], number]>(
      `delete from audit_log where id in (
         select id from audit_log where created_at < $1 order by created_at limit $2)`,
      [before, limit],
    );
    return removed;
  }
}
