import type { Secret } from '../common/secret.js';
import type { Config } from '../config/config.js';
import { createDataSource } from './data-source.js';
import { translateDatabaseError } from './database-errors.js';
import { migrateServer, type MigrationOptions, pendingMigrations } from './server-migration.js';

/** Brings a server's database to this version and does nothing else: a step of a deployment. */
export class MigrationJob {
  private readonly vectors: 'postgresql' | 'qdrant';

  constructor(
    private readonly url: Secret<string>,
    { qdrantUrl }: Pick<Config, 'qdrantUrl'>,
  ) {
    this.vectors = qdrantUrl ? 'qdrant' : 'postgresql';
  }

  /**
   * The names of pending migrations, in their order. Changes nothing.
   * @throws AppError `configuration_invalid`, `database_unavailable`, `schema_incomplete`
   */
  pending(): Promise<string[]> {
    return pendingMigrations(this.url, this.vectors).catch(rethrow);
  }

  /**
   * Runs them, after any other process that does, and answers the names of those that ran.
   * @throws AppError `configuration_invalid`, `database_unavailable`, `schema_incomplete`
   */
  run(options: MigrationOptions = {}): Promise<string[]> {
    return this.migrate(options).catch(rethrow);
  }

  private async migrate(options: MigrationOptions): Promise<string[]> {
    const { url, vectors } = this;
    const dataSource = createDataSource({ mode: 'server', url, poolSize: 1, vectors });
    await dataSource.initialize();
    try {
      return await migrateServer(dataSource, url, vectors, options);
    } finally {
      await dataSource.destroy();
    }
  }
}

function rethrow(error: unknown): never {
  throw translateDatabaseError(error);
}
