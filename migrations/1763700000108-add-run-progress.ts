import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When a run last got ahead. Pages alone do not tell: a long page, a long review of deletions and
 * single documents get a run ahead as well.
 */
export class AddRunProgress1763700000108 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs add progressed_at timestamptz`);
    await runner.query(`
      update runs set progressed_at =
        (select max(updated_at) from run_partitions where run_id = runs.id)
      where state in ('queued', 'running', 'waiting')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs drop column progressed_at`);
  }
}
