import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Scope changes, plans of backfills, and what retention looks for. */
export class AddScopeAndPlans1763700000105 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents add column scope_purge_at timestamptz`);
    await runner.query(`
      create table connection_plans (
        id uuid primary key,
        connection_id uuid not null references connections(id) on delete cascade,
        kind text not null,
        body jsonb not null,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create index connection_plans_latest on connection_plans (connection_id, kind, created_at)`);
    await runner.query(`
      create index runs_finished on runs (finished_at) where finished_at is not null`);
    await runner.query(`
      create index failures_resolved on failures (resolved_at) where resolved_at is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index failures_resolved, runs_finished`);
    await runner.query(`drop table connection_plans`);
    await runner.query(`alter table documents drop column scope_purge_at`);
  }
}
