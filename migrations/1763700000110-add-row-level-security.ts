import type { MigrationInterface, QueryRunner } from 'typeorm';
import { guard, IS_TENANT, OF_COLLECTION, OF_TENANT, ofParent, unguard } from './row-policies.js';

const WITH_TENANT = [
  'api_keys',
  'audit_log',
  'collections',
  'connections',
  'documents',
  'embedding_cache',
  'idempotency_keys',
  'jobs',
  'memories',
  'run_requests',
  'runs',
  'suppressions',
];
const OF_A_COLLECTION = ['collection_stats', 'term_deltas', 'term_stats'];
const OF_A_CONNECTION = [
  'checkpoints',
  'connection_plans',
  'credentials',
  'failures',
  'partitions',
  'pending_refs',
];
const OF_A_RUN = ['run_attempts', 'run_partitions'];
const CLOSED = ['outbox', 'rate_buckets'];

const bothEnds = ['from_id', 'to_id'].map((end) => ofParent('edges', end, 'memories'));

/**
 * The second wall behind the tenant argument (docs/adr/0015-row-level-security.md). The embedded
 * database has one session, a superuser's, which policies never concern.
 */
export class AddRowLevelSecurity1763700000110 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await guard(runner, 'tenants', IS_TENANT);
    for (const table of WITH_TENANT) await guard(runner, table, OF_TENANT);
    for (const table of OF_A_COLLECTION) await guard(runner, table, OF_COLLECTION);
    for (const table of OF_A_CONNECTION)
      await guard(runner, table, ofParent(table, 'connection_id', 'connections'));
    for (const table of OF_A_RUN) await guard(runner, table, ofParent(table, 'run_id', 'runs'));
    await guard(runner, 'edges', bothEnds.join(' and '));
    // Names of models, the same for all.
    await guard(runner, 'embedding_spaces', { select: 'true' });
    // Marks of an index and budgets of vendors' accounts are the system's.
    for (const table of CLOSED) await guard(runner, table, {});
  }

  async down(runner: QueryRunner): Promise<void> {
    const tables = [
      ...['tenants', 'edges', 'embedding_spaces', ...CLOSED],
      ...[...WITH_TENANT, ...OF_A_COLLECTION, ...OF_A_CONNECTION, ...OF_A_RUN],
    ];
    for (const table of tables) await unguard(runner, table);
  }
}
