import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where each part of a document (a message of a thread) can be looked up. */
export class AddCitations1763700000106 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents add column citations jsonb not null default '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents drop column citations`);
  }
}
