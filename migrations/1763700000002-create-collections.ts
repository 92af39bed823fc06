import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCollections1763700000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table embedding_spaces (
        id int generated always as identity primary key,
        model text not null unique,
        dimensions int not null,
        score_lo real not null default 0,
        score_hi real not null default 1,
        created_at timestamptz not null default now()
      )`);
    await runner.query(`
      create table collections (
        id uuid primary key,
        tenant_id uuid not null references tenants(id) on delete cascade,
        name text not null,
        description text,
        metadata jsonb not null default '{}',
        space_id int not null references embedding_spaces(id),
        next_space_id int references embedding_spaces(id),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        unique (tenant_id, name)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table collections, embedding_spaces`);
  }
}
