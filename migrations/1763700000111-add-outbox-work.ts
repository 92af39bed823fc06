import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an applier of marks needs to know: whose they are, which first, and how it went so far. */
export class AddOutboxWork1763700000111 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table outbox
        add column collection_id uuid,
        add column due_at timestamptz not null default now(),
        add column attempts int not null default 0,
        add column error text`);
    // Claims rewrite rows in place: there is room for it, and no index has `due_at`.
    await runner.query(`alter table outbox set (fillfactor = 70)`);
    await runner.query(`create index outbox_order on outbox (generation)`);
    await runner.query(`create index outbox_collection on outbox (collection_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table outbox drop column collection_id, drop column due_at, drop column attempts,
        drop column error`);
  }
}
