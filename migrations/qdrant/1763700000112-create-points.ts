import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Columns of a memory that its point carries; a change of any other leaves the point as it is. */
const MEMORY_FIELDS = [
  'collection_id',
  'container_tag',
  'category',
  'source',
  'author',
  'container',
  'visible',
  'archived',
  'is_latest',
  'expires_at',
  'metadata',
  'source_updated_at',
];

/** Columns of a document that a synced memory's point carries. */
const DOCUMENT_FIELDS = [
  'connection_id',
  'provider',
  'external_id',
  'title',
  'url',
  'author',
  'container',
  'source_created_at',
  'source_updated_at',
];

const row = (alias: string, fields: readonly string[]): string =>
  `(${fields.map((field) => `${alias}.${field}`).join(', ')})`;

/**
 * A statement trigger's function that marks what `select` answers: memory, space, collection. A
 * mark that is being worked on stays claimed, so that no two processes write one point at a time;
 * one that was refused is due again, because the row is another now.
 */
const marking = (name: string, select: string): string => `
  create function ${name}() returns trigger language plpgsql as $$
  begin
    insert into outbox (memory_id, space_id, collection_id, generation)
    select memory_id, space_id, collection_id, nextval('outbox_generation')
    from (${select}) as dirty order by memory_id, space_id
    on conflict (memory_id, space_id) do update
      set collection_id = excluded.collection_id, generation = excluded.generation,
        due_at = case when outbox.error is null then outbox.due_at else now() end,
        error = null;
    return null;
  end $$`;

/**
 * Only where vectors live in Qdrant. Points are made from these rows and can be made again at any
 * time (docs/adr/0016-points-follow-rows.md). Triggers mark what has changed, so that no writer
 * can forget to, cascading deletions included.
 */
export class CreatePoints1763700000112 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...TRIGGERS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop trigger memories_mark on memories`);
    await runner.query(`drop trigger documents_mark on documents`);
    await runner.query(`drop table point_words, point_vectors, index_versions`);
    await runner.query(`
      drop function mark_new_vectors(), mark_old_vectors(), mark_words(), mark_memories(),
        mark_documents()`);
    await runner.query(`drop sequence outbox_generation`);
  }
}

const TABLES = [
  `create table point_vectors (
    space_id int not null references embedding_spaces(id),
    collection_id uuid not null,
    memory_id uuid not null references memories(id) on delete cascade,
    embedding bytea not null,
    primary key (space_id, collection_id, memory_id)
  )`,
  // Uncompressed and in the row up to a page; floats do not compress.
  `alter table point_vectors alter column embedding set storage external`,
  `alter table point_vectors set (toast_tuple_target = 8160)`,
  `create index point_vectors_memory on point_vectors (memory_id)`,
  `create table point_words (
    collection_id uuid not null,
    memory_id uuid primary key references memories(id) on delete cascade,
    length int not null,
    average_length real not null,
    terms bytea not null,
    weights bytea not null
  )`,
  `create index point_words_collection on point_words (collection_id, memory_id)`,
  `create sequence outbox_generation`,
  `create table index_versions (
    space_id int primary key references embedding_spaces(id) on delete cascade,
    live int not null,
    lost boolean not null default false,
    building int,
    marked_to uuid,
    marked bigint not null default 0,
    total bigint not null default 0,
    last_generation bigint,
    started_at timestamptz
  )`,
];

const NEW_VECTORS = `select distinct on (memory_id, space_id) memory_id, space_id, collection_id
  from changed`;

const TRIGGERS = [
  marking('mark_new_vectors', NEW_VECTORS),
  marking('mark_old_vectors', NEW_VECTORS),
  `create trigger point_vectors_insert after insert on point_vectors
    referencing new table as changed for each statement execute function mark_new_vectors()`,
  `create trigger point_vectors_update after update on point_vectors
    referencing new table as changed for each statement execute function mark_new_vectors()`,
  `create trigger point_vectors_delete after delete on point_vectors
    referencing old table as changed for each statement execute function mark_old_vectors()`,
  marking(
    'mark_words',
    `select v.memory_id, v.space_id, v.collection_id
     from changed c join point_vectors v on v.memory_id = c.memory_id`,
  ),
  `create trigger point_words_insert after insert on point_words
    referencing new table as changed for each statement execute function mark_words()`,
  `create trigger point_words_update after update on point_words
    referencing new table as changed for each statement execute function mark_words()`,
  marking(
    'mark_memories',
    `select v.memory_id, v.space_id, v.collection_id
     from after_change a join before_change b on b.id = a.id
     join point_vectors v on v.memory_id = a.id
     where ${row('a', MEMORY_FIELDS)} is distinct from ${row('b', MEMORY_FIELDS)}`,
  ),
  `create trigger memories_mark after update on memories
    referencing old table as before_change new table as after_change
    for each statement execute function mark_memories()`,
  marking(
    'mark_documents',
    `select v.memory_id, v.space_id, v.collection_id
     from after_change a join before_change b on b.id = a.id
     join memories m on m.document_id = a.id
     join point_vectors v on v.memory_id = m.id
     where ${row('a', DOCUMENT_FIELDS)} is distinct from ${row('b', DOCUMENT_FIELDS)}`,
  ),
  `create trigger documents_mark after update on documents
    referencing old table as before_change new table as after_change
    for each statement execute function mark_documents()`,
];
