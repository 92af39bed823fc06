import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateMemories1763700000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table documents (
        id uuid primary key,
        tenant_id uuid not null references tenants(id) on delete cascade,
        connection_id uuid references connections(id) on delete set null,
        collection_id uuid not null references collections(id) on delete cascade,
        provider text not null,
        account_id text not null,
        external_id text not null,
        partition_key text not null,
        seq bigint not null,
        version text not null,
        content_hash text,
        meta_hash text,
        state text not null default 'pending',
        purge_at timestamptz,
        title text not null default '',
        url text,
        author text,
        container text,
        parents text[] not null default '{}',
        access jsonb not null default '{}',
        principals text[] not null default '{}',
        metadata jsonb not null default '{}',
        chunk_count int not null default 0,
        source_created_at timestamptz,
        source_updated_at timestamptz,
        synced_at timestamptz not null default now(),
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        unique (connection_id, external_id)
      )`);
    await runner.query(`
      create index documents_live on documents (connection_id, partition_key, seq)
        where state in ('pending', 'live', 'suspect')`);
    await runner.query(`create index documents_url on documents (tenant_id, url)`);
    await runner.query(`create index documents_collection on documents (collection_id)`);
    await runner.query(`create index documents_hash on documents (connection_id, content_hash)`);
    await runner.query(`
      create index documents_purge on documents (purge_at) where purge_at is not null`);
    await runner.query(`
      create table memories (
        id uuid primary key,
        tenant_id uuid not null,
        collection_id uuid not null references collections(id) on delete cascade,
        document_id uuid references documents(id) on delete cascade,
        ordinal int not null default 0,
        container_tag text,
        text text not null,
        text_hash text not null,
        heading_path text[] not null default '{}',
        category text not null default 'other',
        memory_type text,
        source text not null default 'api',
        author text,
        container text,
        importance real not null default 0.7,
        pinned boolean not null default false,
        archived boolean not null default false,
        is_latest boolean not null default true,
        visible boolean not null default true,
        expires_at timestamptz,
        metadata jsonb not null default '{}',
        images jsonb not null default '[]',
        source_updated_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      )`);
    await runner.query(`
      create index memories_list on memories (collection_id, pinned desc, created_at desc, id)
        where visible`);
    await runner.query(`
      create index memories_document on memories (document_id) where document_id is not null`);
    await runner.query(`create index memories_hash on memories (collection_id, text_hash)`);
    await runner.query(`
      create index memories_metadata on memories using gin (metadata jsonb_path_ops)
        with (fastupdate = off)`);
    await runner.query(`
      create table term_stats (
        collection_id uuid not null references collections(id) on delete cascade,
        term int not null,
        documents bigint not null,
        primary key (collection_id, term)
      )`);
    await runner.query(`
      create table collection_stats (
        collection_id uuid primary key references collections(id) on delete cascade,
        documents bigint not null default 0,
        total_length bigint not null default 0,
        average_length real
      )`);
    await runner.query(`
      create table term_deltas (
        id bigint generated always as identity primary key,
        collection_id uuid not null references collections(id) on delete cascade,
        documents int not null,
        total_length bigint not null,
        terms int[] not null,
        counts int[] not null
      )`);
    await runner.query(`create index term_deltas_collection on term_deltas (collection_id, id)`);
    await runner.query(`
      create table edges (
        from_id uuid not null references memories(id) on delete cascade,
        to_id uuid not null references memories(id) on delete cascade,
        kind text not null,
        reason text,
        created_at timestamptz not null default now(),
        primary key (from_id, to_id, kind)
      )`);
    await runner.query(`create index edges_to on edges (to_id)`);
    await runner.query(`
      create table outbox (
        memory_id uuid not null,
        space_id int not null,
        generation bigint not null default 1,
        created_at timestamptz not null default now(),
        primary key (memory_id, space_id)
      )`);
    await runner.query(`
      create table embedding_cache (
        tenant_id uuid not null references tenants(id) on delete cascade,
        space_id int not null references embedding_spaces(id) on delete cascade,
        hash bytea not null,
        embedding bytea not null,
        used_at timestamptz not null default now(),
        primary key (tenant_id, space_id, hash)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table embedding_cache, outbox, edges, term_deltas, collection_stats, term_stats,
        memories, documents`);
  }
}
