import type { MigrationInterface, QueryRunner } from 'typeorm';
import { guard, OF_TENANT, unguard } from './row-policies.js';

/** What is in the audit log stays as it is for a tenant; only the system removes what is too old. */
export class KeepAuditEntries1763700000142 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await unguard(runner, 'audit_log');
    await guard(runner, 'audit_log', { select: OF_TENANT, insert: OF_TENANT });
  }

  async down(runner: QueryRunner): Promise<void> {
    await unguard(runner, 'audit_log');
    await guard(runner, 'audit_log', OF_TENANT);
  }
}
