import type { MigrationInterface, QueryRunner } from 'typeorm';

const OF_ACCOUNT = 'tenant_id, provider, account_id';
const OF_DOCUMENT = `coalesce(external_id, ''), coalesce(text_hash, '')`;

/**
 * A removal concerns one collection (null, as in rows from before: every one) and is followed when
 * its document turns up under another id with the same content. A restored document stays, although
 * its source lacks it, while `kept_at` is set.
 */
export class ScopeSuppressions1763700000107 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table suppressions
        add column collection_id uuid references collections(id) on delete cascade,
        add column content_hash text,
        add column document_id uuid`);
    await runner.query(`drop index suppressions_what`);
    await runner.query(`
      create unique index suppressions_what on suppressions
        (${OF_ACCOUNT}, coalesce(collection_id::text, ''), ${OF_DOCUMENT})`);
    await runner.query(`create index suppressions_collection on suppressions (collection_id)`);
    await runner.query(`
      update suppressions s set content_hash = d.content_hash from documents d
      where s.text_hash is null and d.tenant_id = s.tenant_id and d.provider = s.provider
        and d.account_id = s.account_id and d.external_id = s.external_id`);
    await runner.query(`alter table documents add column kept_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents drop column kept_at`);
    await runner.query(`
      delete from suppressions s where exists (
        select from suppressions o where o.id < s.id
          and (o.tenant_id, o.provider, o.account_id) = (s.tenant_id, s.provider, s.account_id)
          and o.external_id is not distinct from s.external_id
          and o.text_hash is not distinct from s.text_hash)`);
    await runner.query(`
      alter table suppressions drop column collection_id, drop column content_hash,
        drop column document_id`);
    await runner.query(`
      create unique index suppressions_what on suppressions (${OF_ACCOUNT}, ${OF_DOCUMENT})`);
  }
}
