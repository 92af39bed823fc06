import type { MigrationInterface, QueryRunner } from 'typeorm';
import { guard, ofParent } from './row-policies.js';

const TABLE = 'run_skipped_partitions';

/** What a run could have read and did not, so that its history says why. */
export class AddSkippedPartitions1763700000140 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ${TABLE} (
        run_id uuid not null references runs(id) on delete cascade,
        partition_key text not null,
        title text not null,
        reason text not null,
        primary key (run_id, partition_key)
      )`);
    await guard(runner, TABLE, ofParent(TABLE, 'run_id', 'runs'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${TABLE}`);
  }
}
