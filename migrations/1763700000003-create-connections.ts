import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateConnections1763700000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table connections (
        id uuid primary key,
        tenant_id uuid not null references tenants(id) on delete cascade,
        provider text not null,
        account_id text not null,
        name text not null,
        collection_id uuid not null references collections(id),
        container_tag text,
        config jsonb not null default '{}',
        schedule jsonb,
        next_run_at timestamptz,
        status text not null default 'active',
        status_reason text,
        consecutive_errors int not null default 0,
        next_seq bigint not null default 1,
        last_served_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        unique (tenant_id, provider, account_id, collection_id)
      )`);
    await runner.query(`
      create index connections_due on connections (next_run_at)
        where status = 'active' and next_run_at is not null`);
    await runner.query(`create index connections_collection on connections (collection_id)`);
    await runner.query(`
      create table credentials (
        connection_id uuid not null references connections(id) on delete cascade,
        field text not null,
        key_id text not null,
        iv bytea not null,
        tag bytea not null,
        ciphertext bytea not null,
        version int not null default 1,
        updated_at timestamptz not null default now(),
        primary key (connection_id, field)
      )`);
    await runner.query(`
      create table partitions (
        connection_id uuid not null references connections(id) on delete cascade,
        key text not null,
        title text not null,
        skip_reason text,
        updated_at timestamptz not null default now(),
        primary key (connection_id, key)
      )`);
    await runner.query(`
      create table checkpoints (
        connection_id uuid not null references connections(id) on delete cascade,
        partition_key text not null,
        lane text not null,
        value jsonb not null,
        schema_version int not null,
        updated_at timestamptz not null default now(),
        primary key (connection_id, partition_key, lane)
      )`);
    await runner.query(`
      create table pending_refs (
        connection_id uuid not null references connections(id) on delete cascade,
        external_id text not null,
        cause text not null,
        partition_key text,
        version text,
        not_before timestamptz not null default now(),
        attempts int not null default 0,
        created_at timestamptz not null default now(),
        primary key (connection_id, external_id)
      )`);
    await runner.query(`
      create table failures (
        id uuid primary key,
        connection_id uuid not null references connections(id) on delete cascade,
        external_id text not null,
        stage text not null,
        code text not null,
        message text not null,
        title text,
        url text,
        partition_key text,
        version text,
        attempts int not null default 1,
        next_at timestamptz,
        resolved_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    await runner.query(`
      create unique index failures_open on failures (connection_id, external_id)
        where resolved_at is null`);
    await runner.query(`
      create table suppressions (
        id uuid primary key,
        tenant_id uuid not null references tenants(id) on delete cascade,
        provider text not null,
        account_id text not null,
        external_id text,
        text_hash text,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create unique index suppressions_what on suppressions
        (tenant_id, provider, account_id, coalesce(external_id, ''), coalesce(text_hash, ''))`);
    await runner.query(`
      create table rate_buckets (
        scope text not null,
        method text not null,
        tokens double precision not null,
        per_second double precision,
        blocked_until timestamptz,
        updated_at timestamptz not null default now(),
        primary key (scope, method)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table rate_buckets, suppressions, failures, pending_refs, checkpoints, partitions,
        credentials, connections`);
  }
}
