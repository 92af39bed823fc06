import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an operator looks at over all tenants: the audit log by any of its fields, runs that ended
 * lately (from the index alone), and how long a connection has been as it is.
 */
export class AddOperatorViews1763700000120 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table audit_log add column request_id text`);
    await runner.query(`drop index audit_log_tenant`);
    await runner.query(`create index audit_log_time on audit_log (created_at desc, id desc)`);
    for (const field of ['tenant_id', 'actor', 'action'])
      await runner.query(`
        create index audit_log_${field} on audit_log (${field}, created_at desc, id desc)`);
    await runner.query(`
      alter table connections
        add column last_success_at timestamptz,
        add column status_since timestamptz not null default now()`);
    await runner.query(`
      update connections c set status_since = c.updated_at, last_success_at =
        (select max(r.finished_at) from runs r
         where r.connection_id = c.id and r.state in ('success', 'partial'))`);
    await runner.query(`drop index runs_finished`);
    await runner.query(`
      create index runs_ended on runs (finished_at) include (provider, state)
        where finished_at is not null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index runs_ended`);
    await runner.query(`
      create index runs_finished on runs (finished_at) where finished_at is not null`);
    await runner.query(`
      alter table connections drop column status_since, drop column last_success_at`);
    await runner.query(`
      drop index audit_log_action, audit_log_actor, audit_log_tenant_id, audit_log_time`);
    await runner.query(`create index audit_log_tenant on audit_log (tenant_id, created_at desc)`);
    await runner.query(`alter table audit_log drop column request_id`);
  }
}
