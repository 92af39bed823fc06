import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tells a rebuild whose collection is still to be made from one whose collection was lost. */
export class NoteBuiltCollections1763700000132 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table index_versions add column building_made boolean not null default true`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table index_versions drop column building_made`);
  }
}
