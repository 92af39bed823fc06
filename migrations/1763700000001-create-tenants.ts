import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateTenants1763700000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table tenants (
        id uuid primary key,
        parent_id uuid references tenants(id) on delete cascade,
        name text not null,
        plan text not null default 'standard',
        data_key_wrapped bytea,
        key_id text,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table api_keys (
        id uuid primary key,
        tenant_id uuid not null references tenants(id) on delete cascade,
        name text not null,
        hash bytea not null unique,
        prefix text not null,
        scopes text[] not null,
        collection text,
        expires_at timestamptz,
        revoked_at timestamptz,
        last_used_at timestamptz,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`create index api_keys_tenant on api_keys (tenant_id, created_at)`);
    await runner.query(`
      create table idempotency_keys (
        tenant_id uuid not null references tenants(id) on delete cascade,
        key text not null,
        fingerprint bytea not null,
        status int,
        response jsonb,
        locked_until timestamptz not null,
        expires_at timestamptz not null,
        primary key (tenant_id, key)
      )`);
    await runner.query(`create index idempotency_keys_expiry on idempotency_keys (expires_at)`);
    await runner.query(`
      create table audit_log (
        id uuid primary key,
        tenant_id uuid,
        actor text not null,
        action text not null,
        target text,
        details jsonb not null default '{}',
        created_at timestamptz not null default now()
      )`);
    await runner.query(`create index audit_log_tenant on audit_log (tenant_id, created_at desc)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table audit_log, idempotency_keys, api_keys, tenants`);
  }
}
