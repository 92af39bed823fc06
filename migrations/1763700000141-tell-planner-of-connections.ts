import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the planner is to believe of a connection it knows nothing of: that it has one document in
 * 200, as it does of a table never looked at. From many connections of one document it would learn
 * that each has one, and read all of the next large one wherever it should look up a few by their
 * second key. Counts from the next ANALYZE on
 * (https://www.postgresql.org/docs/current/sql-altertable.html, `n_distinct`).
 */
export class TellPlannerOfConnections1763700000141 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents alter column connection_id set (n_distinct = 200),
      alter column tenant_id set (n_distinct = 200)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table documents alter column connection_id reset (n_distinct),
      alter column tenant_id reset (n_distinct)`);
  }
}
