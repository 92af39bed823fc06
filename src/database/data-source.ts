import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { Secret } from '../common/secret.js';
import type { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import { entities } from './entities.js';
import { GuardedPool } from './guarded-pool.js';
import { migrationsFor } from './migrations.js';
import { SnakeCaseNaming } from './naming.js';

export type Engine =
  | { mode: 'embedded'; postgres: EmbeddedPostgres }
  | { mode: 'server'; url: Secret<string>; poolSize: number; vectors: 'postgresql' | 'qdrant' };

/**
 * The TypeORM data source of either mode, not yet connected.
 * @param onIdleError hears of connections that broke while nobody used them; the pool replaces
 *   them by itself.
 */
export function createDataSource(
  engine: Engine,
  onIdleError: (error: Error) => void = () => undefined,
): DataSource {
  // Statements go out as they are made (src/database/together.ts).
  const pipelined = { pipeline: true };
  const common = {
    type: 'postgres',
    driver: { ...pg, Pool: GuardedPool },
    entities,
    migrations: migrationsFor(engine.mode === 'embedded' ? 'postgresql' : engine.vectors),
    migrationsTransactionMode: 'each',
    namingStrategy: new SnakeCaseNaming(),
    synchronize: false,
    logging: false,
    // Migrations create extensions. The default for uuids is one that PGlite does not carry.
    installExtensions: false,
    uuidExtension: 'pgcrypto',
    poolErrorHandler: onIdleError,
  } satisfies DataSourceOptions;
  if (engine.mode === 'embedded') {
    return new DataSource({ ...common, extra: { ...engine.postgres.pool, ...pipelined } });
  }
  return new DataSource({
    ...common,
    url: engine.url.reveal(),
    poolSize: engine.poolSize,
    applicationName: 'tributary',
    extra: { connectionTimeoutMillis: 10_000, ...pipelined },
  });
}
