import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The runs table is the queue and the history (docs/adr/0003-the-runs-table-is-the-queue.md). */
export class CreateRuns1763700000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table runs (
        id uuid primary key,
        tenant_id uuid not null references tenants(id) on delete cascade,
        connection_id uuid not null references connections(id) on delete cascade,
        provider text not null,
        trigger text not null,
        priority int not null,
        state text not null default 'queued',
        options jsonb not null default '{}',
        run_at timestamptz not null default now(),
        lease_token uuid,
        lease_until timestamptz,
        lease_owner text,
        attempt int not null default 0,
        cancel_requested boolean not null default false,
        waiting jsonb,
        counts jsonb not null default '{}',
        timings jsonb not null default '{}',
        progress jsonb not null default '{}',
        held_deletions jsonb,
        error text,
        error_detail jsonb,
        created_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        updated_at timestamptz not null default now()
      )`);
    await runner.query(`
      create unique index runs_one_active on runs (connection_id)
        where state in ('queued', 'running', 'waiting')`);
    await runner.query(`
      create index runs_claim on runs (priority desc, run_at, id)
        where state in ('queued', 'waiting')`);
    await runner.query(`create index runs_lease on runs (lease_until) where state = 'running'`);
    await runner.query(`create index runs_history on runs (connection_id, created_at desc)`);
    await runner.query(`create index runs_tenant on runs (tenant_id, created_at desc)`);
    await runner.query(`
      create table run_attempts (
        run_id uuid not null references runs(id) on delete cascade,
        attempt int not null,
        lease_owner text not null,
        started_at timestamptz not null default now(),
        ended_at timestamptz,
        outcome text,
        error text,
        primary key (run_id, attempt)
      )`);
    await runner.query(`
      create table run_partitions (
        run_id uuid not null references runs(id) on delete cascade,
        partition_key text not null,
        lane text not null,
        title text not null default '',
        seen bytea not null default '',
        started boolean not null default false,
        finished boolean not null default false,
        complete boolean not null default false,
        range jsonb,
        gap_reason text,
        counts jsonb not null default '{}',
        updated_at timestamptz not null default now(),
        primary key (run_id, partition_key, lane)
      )`);
    await runner.query(`
      create table jobs (
        id uuid primary key,
        tenant_id uuid not null references tenants(id) on delete cascade,
        kind text not null,
        state text not null default 'queued',
        params jsonb not null default '{}',
        result jsonb,
        error text,
        attempts int not null default 0,
        lease_token uuid,
        lease_until timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    await runner.query(`create index jobs_claim on jobs (created_at) where state = 'queued'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table jobs, run_partitions, run_attempts, runs`);
  }
}
