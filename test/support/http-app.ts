import { rm } from 'node:fs/promises';
import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import type { Clock } from '../../src/common/clock.js';
import { JsonLogger } from '../../src/common/http/json-logger.js';
import { readConfig } from '../../src/config/config.js';
import { CONNECTORS, type ConnectorRegistry } from '../../src/connections/connectors.js';
import {
  BACKUPS,
  DATA_DIRECTORY_LOCK,
  DatabaseModule,
} from '../../src/database/database.module.js';
import { BackgroundDatabase } from '../../src/database/background-database.js';
import { Database } from '../../src/database/database.js';
import { APP_OPTIONS, configureHttp, stopServer, urlOf } from '../../src/http.js';
import { PooledExtractor } from '../../src/extract/pooled-extractor.js';
import { EXTRACTOR } from '../../src/extract/extractor.js';
import { JobsService } from '../../src/jobs/jobs.service.js';
import { RunsService } from '../../src/runs/runs.service.js';
import { BootstrapService } from '../../src/tenants/bootstrap.service.js';
import { AnswerContract } from './answer-contract.js';
import { migratedDataDirectory } from './data-directory-template.js';
import { PATIENCE_MS, waitPatiently } from './patience.js';
import { createTestDatabase, dropTestDatabase, postgresqlMissing } from './test-postgresql.js';
import { send, type Answer, type RequestOptions } from './http-request.js';

export const OPERATOR_KEY = 'operator-key-for-tests';

export interface TestAppOptions {
  /** A database that the test opened and closes (test/support/database-fixtures.ts). */
  database?: Database;
  /** For what only embedded mode has. */
  embedded?: boolean;
  env?: Record<string, string>;
  clock?: Clock;
  /** In place of the connectors of the installation. */
  connectors?: ConnectorRegistry;
  /** More modules, e.g. with routes that only a test needs. */
  modules?: (Type | DynamicModule)[];
}

export interface TestTenant {
  id: string;
  name: string;
  apiKey: string;
}

export interface TestApp {
  url: string;
  /** Key of the tenant `default`, with every scope and no rate limit. */
  apiKey: string;
  operatorKey: string;
  /** Lines of the log from level warn on. */
  logs: string[];
  nest: NestExpressApplication;
  /** `key` is the default tenant's unless given; `null` sends none. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  newTenant(name?: string, plan?: string): Promise<TestTenant>;
  /** Another key of the default tenant (or of the one whose key is `by`). */
  newKey(body: Record<string, unknown>, by?: string): Promise<{ id: string; apiKey: string }>;
  close(): Promise<void>;
}

/**
 * The real application on the given database, or one of its own, on a free port. What no database
 * changes runs on PostgreSQL where there is one, which starts much sooner.
 */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const databaseUrl = runsOnPostgresql(options) ? await createTestDatabase() : undefined;
  const dataDir = (options.database ?? databaseUrl) ? undefined : await migratedDataDirectory();
  const config = readConfig({
    PORT: '0',
    TRIBUTARY_OPERATOR_KEY: OPERATOR_KEY,
    DATABASE_URL: databaseUrl,
    TRIBUTARY_DATA_DIR: dataDir,
    // Without a data directory there is no folder in which a key file could be made.
    TRIBUTARY_ENCRYPTION_KEYS: (options.database ?? databaseUrl) && `test:${'A'.repeat(43)}=`,
    ...options.env,
  });
  const logs: string[] = [];
  const logger = new JsonLogger('warn', { write: (line: string) => void logs.push(line) });
  const builder = Test.createTestingModule({
    imports: [AppModule.forConfig(config, options.clock), ...(options.modules ?? [])],
    providers: [{ provide: APP_INTERCEPTOR, useClass: AnswerContract }],
  }).setLogger(logger);
  builder.overrideProvider(EXTRACTOR).useFactory({ factory: patientExtractor });
  if (options.database) {
    builder.overrideModule(DatabaseModule).useModule(borrowedDatabase(options.database));
  }
  if (options.connectors) builder.overrideProvider(CONNECTORS).useValue(options.connectors);
  const module = await builder.compile();
  waitPatiently(module.get(RunsService, { strict: false }));
  waitPatiently(module.get(JobsService, { strict: false }));
  const nest = module.createNestApplication<NestExpressApplication>({ ...APP_OPTIONS, logger });
  configureHttp(nest);
  await nest.init();
  const bootstrapped = await nest.get(BootstrapService).ensure();
  await nest.listen(0, '127.0.0.1');

  const url = urlOf(nest);
  const apiKey = bootstrapped.apiKey ?? options.env?.['TRIBUTARY_BOOTSTRAP_API_KEY'] ?? '';
  const request = (method: string, path: string, given: RequestOptions = {}) =>
    send(url, method, path, { key: apiKey, ...given }, logs);
  return {
    url,
    apiKey,
    operatorKey: OPERATOR_KEY,
    logs,
    nest,
    request,
    async newTenant(name = 'another tenant', plan = 'unlimited') {
      const body = { name, plan };
      const answer = await request('POST', '/v1/memory/admin/tenants', { key: OPERATOR_KEY, body });
      return { id: answer.body.id, name, apiKey: answer.body.api_key };
    },
    async newKey(body, by = apiKey) {
      const answer = await request('POST', '/v1/memory/api-keys', { key: by, body });
      return { id: answer.body.id, apiKey: answer.body.api_key };
    },
    async close() {
      await stopServer(nest);
      if (dataDir) await rm(dataDir, { recursive: true, force: true });
      if (databaseUrl) await dropTestDatabase(databaseUrl);
    },
  };
}

const patientExtractor = (): PooledExtractor => new PooledExtractor({ timeoutMs: PATIENCE_MS });

function runsOnPostgresql({ database, embedded, env }: TestAppOptions): boolean {
  if (database || embedded) return false;
  if (env && ('DATABASE_URL' in env || 'TRIBUTARY_DATA_DIR' in env)) return false;
  return postgresqlMissing({ pgvector: true }) === null;
}

/** In place of DatabaseModule: the same tokens, but the test closes what it opened. */
function borrowedDatabase(database: Database): DynamicModule {
  return {
    module: BorrowedDatabaseModule,
    providers: [
      { provide: Database, useValue: database },
      { provide: BackgroundDatabase, useValue: new BackgroundDatabase(database) },
      { provide: DATA_DIRECTORY_LOCK, useValue: null },
      { provide: BACKUPS, useValue: null },
    ],
    exports: [Database, BackgroundDatabase, DATA_DIRECTORY_LOCK, BACKUPS],
  };
}

@Global()
@Module({})
class BorrowedDatabaseModule {}
