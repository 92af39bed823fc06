import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Only where vectors live in PostgreSQL. Dense vectors and words have narrow tables of their own:
 * an exact scan reads little, and changing a memory's labels never touches their indexes
 * (docs/adr/0006-narrow-index-tables.md).
 */
export class CreateVectors1763700000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create extension if not exists vector`);
    await runner.query(`
      create table vectors (
        space_id int not null references embedding_spaces(id),
        collection_id uuid not null,
        memory_id uuid not null references memories(id) on delete cascade,
        embedding vector not null,
        primary key (space_id, collection_id, memory_id)
      )`);
    // Uncompressed and in the row up to a page (about 2,000 dimensions), out of line beyond.
    await runner.query(`alter table vectors alter column embedding set storage external`);
    await runner.query(`alter table vectors set (toast_tuple_target = 8160)`);
    await runner.query(`create index vectors_memory on vectors (memory_id)`);
    await runner.query(`
      create table words (
        collection_id uuid not null,
        memory_id uuid primary key references memories(id) on delete cascade,
        length int not null,
        average_length real not null,
        terms int[] not null,
        weights sparsevec not null
      )`);
    await runner.query(`
      create index words_terms on words using gin (terms) with (fastupdate = off)`);
    await runner.query(`create index words_collection on words (collection_id, memory_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table words, vectors`);
  }
}
