import type { MigrationInterface, QueryRunner } from 'typeorm';

/** While a tenant's credentials are encrypted anew, some are still sealed with the key before. */
export class AddPreviousDataKey1763700000102 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table tenants
        add column previous_data_key_wrapped bytea,
        add column previous_key_id text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table tenants drop column previous_data_key_wrapped, drop column previous_key_id`);
  }
}
