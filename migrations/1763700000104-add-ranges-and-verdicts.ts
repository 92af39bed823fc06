import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The proofs of a run that reads changes (docs/adr/0014-ranges-prove-deletions.md), and what the
 * source said about each suspect, so that a review goes on where it stopped.
 */
export class AddRangesAndVerdicts1763700000104 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table run_partitions drop column range`);
    await runner.query(`alter table run_partitions add ranges jsonb not null default '[]'`);
    await runner.query(`alter table documents add verdict text, add verified_at timestamptz`);
    await runner.query(`
      create index documents_suspect on documents (connection_id, partition_key)
        where state = 'suspect'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index documents_suspect`);
    await runner.query(`alter table documents drop column verified_at, drop column verdict`);
    await runner.query(`alter table run_partitions drop column ranges`);
    await runner.query(`alter table run_partitions add range jsonb`);
  }
}
