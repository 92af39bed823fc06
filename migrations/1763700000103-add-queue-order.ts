import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The order in which runs are claimed (docs/adr/0013-claims-caps-and-slices.md). */
export class AddQueueOrder1763700000103 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runs add column served_at timestamptz`);
    await runner.query(`drop index runs_claim`);
    await runner.query(`
      create index runs_next on runs (
        ((floor(extract(epoch from (run_at - timestamptz '2000-01-01 00:00:00+00')) / 60))::int
          - priority),
        served_at nulls first, run_at, id) where state in ('queued', 'waiting')`);
    await runner.query(`
      alter table run_attempts add column slices int not null default 1,
        add column crashed boolean not null default false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table run_attempts drop column slices, drop column crashed`);
    await runner.query(`drop index runs_next`);
    await runner.query(`
      create index runs_claim on runs (priority desc, run_at, id)
        where state in ('queued', 'waiting')`);
    await runner.query(`alter table runs drop column served_at`);
  }
}
