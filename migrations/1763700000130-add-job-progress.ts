import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a long job has done so far, and what a reindex needs to write a document's words again. */
export class AddJobProgress1763700000130 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table jobs add column progress jsonb`);
    await runner.query(`alter table documents add column listed_title text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents drop column listed_title`);
    await runner.query(`alter table jobs drop column progress`);
  }
}
