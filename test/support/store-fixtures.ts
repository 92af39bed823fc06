import type { Database } from '../../src/database/database.js';
import { startQdrantDouble, type QdrantDouble } from '../simulators/qdrant/index.js';
import { describeOnEachDatabase, openerForQdrant } from './database-fixtures.js';
import { postgresqlMissing } from './test-postgresql.js';

/** A database, and the settings with which an application finds its vectors. */
export interface TestStore {
  database: Database;
  env: Record<string, string>;
  /** In place of Qdrant, where vectors are there. */
  double?: QdrantDouble;
}

/** The same tests on every database, and on PostgreSQL with a double of Qdrant for the vectors. */
export function describeOnEachStore(
  name: string,
  tests: (open: () => Promise<TestStore>) => void,
  inDatabase: typeof describeOnEachDatabase = describeOnEachDatabase,
): void {
  inDatabase(name, (open) => tests(async () => ({ database: await open(), env: {} })));
  const missing = postgresqlMissing({ pgvector: false });
  const on = missing ? `skipped, ${missing}` : 'with a double of Qdrant';
  (missing ? describe.skip : describe)(`${name} (PostgreSQL ${on})`, () => {
    const open = openerForQdrant();
    let double: QdrantDouble;
    beforeAll(async () => {
      double = await startQdrantDouble();
    });
    afterAll(async () => {
      const { violations } = double;
      await double.close();
      expect(violations).toEqual([]);
    });
    tests(async () => ({
      double,
      database: await open(),
      // The application borrows the database; only that there is one counts.
      env: { QDRANT_URL: double.url, DATABASE_URL: 'postgres://127.0.0.1/borrowed' },
    }));
  });
}
