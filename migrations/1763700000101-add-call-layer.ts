import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a budget has learned, and the log of a run's calls (docs/adr/0011-one-call-layer.md). */
export class AddCallLayer1763700000101 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table rate_buckets
        add column burst double precision,
        add column ceiling double precision,
        add column refused_at timestamptz,
        add column pause_seconds double precision not null default 0,
        add column measured_from timestamptz not null default now(),
        add column calls int not null default 0,
        add column settled boolean not null default false,
        add column grows_from timestamptz not null default now()`);
    await runner.query(`
      create table run_requests (
        run_id uuid not null references runs(id) on delete cascade,
        number int not null,
        tenant_id uuid not null references tenants(id) on delete cascade,
        at timestamptz not null,
        method text not null,
        target text,
        outcome text not null,
        status int,
        error text,
        attempt int not null,
        duration_ms int not null,
        wait_ms int not null,
        retry_after_seconds double precision,
        primary key (run_id, number)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table run_requests`);
    await runner.query(`
      alter table rate_buckets
        drop column burst, drop column ceiling, drop column refused_at, drop column pause_seconds,
        drop column measured_from, drop column calls, drop column settled, drop column grows_from`);
  }
}
