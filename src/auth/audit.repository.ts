import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { AuditEntry } from './audit-entry.entity.js';

@Injectable()
export class AuditRepository {
  async insert(tx: EntityManager, entry: AuditEntry): Promise<void> {
    const { id, tenantId, actor, action, target, details, createdAt } = entry;
    await tx.query(
      `insert into audit_log (id, tenant_id, actor, action, target, details, created_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, tenantId, actor, action, target, JSON.stringify(details), createdAt],
    );
  }
}
