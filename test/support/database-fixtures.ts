import { rm } from 'node:fs/promises';
import { Secret } from '../../src/common/secret.js';
import type { Database } from '../../src/database/database.js';
import { openDatabase, type OpenDatabaseOptions } from '../../src/database/open-database.js';
import { migratedDataDirectory } from './data-directory-template.js';
import './patience.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
  testPostgresqlHasVector,
} from './test-postgresql.js';

/** Opens a fresh, migrated database; it is closed and removed after the test file's block. */
export type OpenTestDatabase = (options?: OpenDatabaseOptions) => Promise<Database>;

export interface TestEngine {
  name: 'pglite' | 'postgresql';
  open: OpenTestDatabase;
}

interface Needs {
  /** False for tests of rows alone, which then also run on a PostgreSQL without pgvector. */
  pgvector: boolean;
}

/** The engines that this machine has. Each database opened is removed after the block. */
export function databases(needs: Needs = { pgvector: true }): TestEngine[] {
  const pglite: TestEngine = { name: 'pglite', open: opener(openOnPglite) };
  if (postgresqlMissing(needs)) return [pglite];
  const open = opener((options) => openOnPostgresql(options));
  return [pglite, { name: 'postgresql', open }];
}

/** The same tests on PGlite and on PostgreSQL; where there is none, they are shown as skipped. */
export function describeOnEachDatabase(
  name: string,
  tests: (open: OpenTestDatabase) => void,
  needs: Needs = { pgvector: true },
): void {
  describe(`${name} (PGlite)`, () => tests(opener(openOnPglite)));
  const missing = postgresqlMissing(needs);
  if (missing) describe.skip(`${name} (PostgreSQL: skipped, ${missing})`, () => tests(refuse));
  else
    describe(`${name} (PostgreSQL)`, () => tests(opener((options) => openOnPostgresql(options))));
}

/** The same tests once, on PostgreSQL where there is one: for what no database changes. */
export function describeOnOneDatabase(
  name: string,
  tests: (open: OpenTestDatabase) => void,
  needs: Needs = { pgvector: true },
): void {
  const [pglite, postgresql] = databases(needs);
  const { name: engine, open } = postgresql ?? pglite!;
  describe(`${name} (${engine})`, () => tests(open));
}

interface TestDatabase {
  database: Database;
  remove: () => Promise<void>;
}

function opener(
  openOne: (options: OpenDatabaseOptions) => Promise<TestDatabase>,
): OpenTestDatabase {
  const opened: TestDatabase[] = [];
  afterAll(async () => {
    for (const { database, remove } of opened.splice(0)) {
      await database.close();
      await remove();
    }
  });
  return async (options = {}) => {
    const one = await openOne(options);
    opened.push(one);
    return one.database;
  };
}

async function openOnPglite(options: OpenDatabaseOptions): Promise<TestDatabase> {
  const dataDir = await migratedDataDirectory();
  const { database } = await openDatabase({ dataDir, databasePoolSize: 1 }, options);
  return { database, remove: () => rm(dataDir, { recursive: true, force: true }) };
}

/** Opens databases whose vectors live in Qdrant; nothing connects to it here. */
export function openerForQdrant(): OpenTestDatabase {
  return opener((options) => openOnPostgresql(options, true));
}

async function openOnPostgresql(
  options: OpenDatabaseOptions,
  withoutVectors = !testPostgresqlHasVector(),
): Promise<TestDatabase> {
  const url = await createTestDatabase();
  const config = {
    dataDir: '',
    databaseUrl: new Secret(url),
    databasePoolSize: 10,
    qdrantUrl: withoutVectors ? 'http://127.0.0.1:6333' : undefined,
  };
  const { database } = await openDatabase(config, options);
  return { database, remove: () => dropTestDatabase(url) };
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('There is no PostgreSQL for tests.'));
}
