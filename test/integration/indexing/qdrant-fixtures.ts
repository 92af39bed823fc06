import { randomBytes } from 'node:crypto';
import { ManualClock } from '../../../src/common/clock.js';
import type { Database } from '../../../src/database/database.js';
import { qdrantParts } from '../../../src/indexing/qdrant/qdrant-parts.js';
import { PointRowsRepository } from '../../../src/indexing/qdrant/point-rows.repository.js';
import { IndexWriter } from '../../../src/indexing/rows/index-writer.js';
import { QueryStatistics } from '../../../src/indexing/statistics/query-statistics.js';
import { StatsFolder } from '../../../src/indexing/statistics/stats-folder.js';
import { TermStatisticsRepository } from '../../../src/indexing/statistics/term-statistics.repository.js';
import { openerForQdrant, type OpenTestDatabase } from '../../support/database-fixtures.js';
import { postgresqlMissing } from '../../support/test-postgresql.js';
import { startQdrantDouble } from '../../simulators/qdrant/index.js';
import { IndexTables } from './index-fixtures.js';

/** Where tests find a Qdrant. */
export interface TestQdrant {
  readonly url: string;
  readonly double: Awaited<ReturnType<typeof startQdrantDouble>> | null;
}

/** On the double always, and on the server of `QDRANT_URL` where one is given. */
export function describeOnQdrant(
  name: string,
  tests: (open: OpenTestDatabase, qdrant: () => TestQdrant) => void,
): void {
  const missing = postgresqlMissing({ pgvector: false });
  if (missing) {
    describe.skip(`${name} (skipped, ${missing})`, () =>
      tests(openerForQdrant(), () => ({ url: '', double: null })));
    return;
  }
  describe(`${name} (double)`, () => {
    let double: TestQdrant['double'] = null;
    beforeAll(async () => {
      double = await startQdrantDouble();
    });
    afterAll(async () => {
      const violations = double!.violations;
      await double!.close();
      expect(violations).toEqual([]);
    });
    tests(openerForQdrant(), () => ({ url: double!.url, double }));
  });
  const url = process.env.QDRANT_URL;
  const onServer = (): void => tests(openerForQdrant(), () => ({ url: url!, double: null }));
  if (url) describe(`${name} (${url})`, onServer);
  else describe.skip(`${name} (server: skipped, QDRANT_URL is not set)`, onServer);
}

/** The parts of the Qdrant implementation, with names of their own in a shared server. */
export function qdrantTestParts(database: Database, url: string, clock = new ManualClock()) {
  const rows = new PointRowsRepository();
  const statistics = new TermStatisticsRepository();
  const folder = new StatsFolder(database, statistics, clock);
  const writer = new IndexWriter(rows, statistics, folder);
  const health = { mayAnswer: () => true, answered: () => undefined, failed: () => true };
  const prefix = `test_${randomBytes(6).toString('hex')}`;
  const parts = qdrantParts(
    { url, prefix, maxBacklog: 50 },
    { database, rows, writer, statistics: new QueryStatistics(statistics), clock, health },
  );
  /** Applies every mark that is due. */
  async function drain(): Promise<void> {
    while ((await parts.applier.applySome()) > 0);
  }
  /** Deletes what the test has made. */
  async function remove(): Promise<void> {
    for (const name of await parts.store.collections())
      if (name.startsWith(prefix)) await parts.store.deleteCollection(name);
  }
  return { ...parts, prefix, clock, rows, folder, drain, remove };
}

/** Parts, and tables with one collection, where nothing waits for Qdrant. */
export async function emptyIndex(database: Database, url: string) {
  const parts = qdrantTestParts(database, url);
  const tables = await IndexTables.create(database);
  const collection = await tables.addCollection();
  await database.asSystem((tx) => tx.query('delete from outbox'));
  return { parts, tables, collection };
}
