import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A space's first collection has its row before it is made, so that all who make it make one. */
export class NameFirstCollections1763700000131 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table index_versions add column made boolean not null default true`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table index_versions drop column made`);
  }
}
