import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { type Clock, SystemClock } from '../common/clock.js';
import type { Secret } from '../common/secret.js';
import type { Config } from '../config/config.js';
import { ClockKeeper } from './clock-keeper.js';
import { createDataSource } from './data-source.js';
import { translateDatabaseError } from './database-errors.js';
import { DatabaseClock } from './database-clock.js';
import { Database } from './database.js';
import { BackupSchedule } from './embedded/backup-schedule.js';
import { Backups } from './embedded/backups.js';
import { DataDirectoryLock } from './embedded/data-directory-lock.js';
import { checkVersion, dataPaths, finishRestore } from './embedded/data-directory.js';
import { EmbeddedPostgres } from './embedded/embedded-postgres.js';
import {
  CHECKPOINT_FREE_BYTES,
  ensureFreeSpace,
  type MeasureFreeSpace,
} from './embedded/free-space.js';
import { Maintenance, type RunStatement } from './embedded/maintenance.js';
import { systemTimers, type Timers } from './timers.js';
import { readRowLevelSecurity, type RowLevelSecurity } from './row-level-security.js';
import { migrateServer, refusePendingMigrations } from './server-migration.js';

export type DatabaseConfig = Pick<
  Config,
  'dataDir' | 'databaseUrl' | 'databasePoolSize' | 'qdrantUrl'
> &
  Partial<Pick<Config, 'migrate'>>;

export interface OpenDatabaseOptions {
  clock?: Clock;
  timers?: Timers;
  measureFreeSpace?: MeasureFreeSpace;
  /** Hears of failures that no caller waits for: a backup, a checkpoint, a broken connection. */
  onError?: (error: unknown) => void;
  /** Hears what a migration found and mended. */
  onWarning?: (message: string) => void;
}

export interface OpenedDatabase {
  database: Database;
  /** The rest is of embedded mode only. */
  lock: DataDirectoryLock | null;
  backups: Backups | null;
}

/** Opens and migrates the database that the configuration names. `database.close()` ends all. */
export async function openDatabase(
  config: DatabaseConfig,
  options: OpenDatabaseOptions = {},
): Promise<OpenedDatabase> {
  try {
    return config.databaseUrl
      ? await openServer(config.databaseUrl, config, options)
      : await openEmbedded(config.dataDir, options);
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

async function openServer(
  url: Secret<string>,
  config: DatabaseConfig,
  { clock, timers = systemTimers, onError, onWarning }: OpenDatabaseOptions,
): Promise<OpenedDatabase> {
  const vectors = config.qdrantUrl ? 'qdrant' : 'postgresql';
  const connections = config.databasePoolSize;
  const dataSource = createDataSource(
    { mode: 'server', url, poolSize: connections, vectors },
    onError,
  );
  await dataSource.initialize();
  try {
    if (config.migrate === 'never') await refusePendingMigrations(url, vectors);
    else await migrateServer(dataSource, url, vectors, { onWarning });
    const rowLevelSecurity = await rowLevelSecurityOf(dataSource);
    const keeper =
      clock instanceof DatabaseClock
        ? new ClockKeeper(dataSource, clock, onError ?? (() => undefined))
        : null;
    await keeper?.start(timers);
    const database = new Database({
      mode: 'server',
      dataSource,
      connections,
      clock,
      rowLevelSecurity,
      stopTimers: () => keeper?.stop() ?? Promise.resolve(),
    });
    return { database, lock: null, backups: null };
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function rowLevelSecurityOf(dataSource: DataSource): Promise<RowLevelSecurity> {
  const runner = dataSource.createQueryRunner();
  try {
    return await readRowLevelSecurity((await runner.connect()) as ClientBase);
  } finally {
    await runner.release();
  }
}

async function openEmbedded(
  dataDir: string,
  options: OpenDatabaseOptions,
): Promise<OpenedDatabase> {
  const clock = options.clock ?? new SystemClock();
  const timers = options.timers ?? systemTimers;
  let postgres: EmbeddedPostgres | undefined;
  const lock = await DataDirectoryLock.acquire(dataDir, {
    clock,
    timers,
    onLost: () => void postgres?.kill('another process took the data directory over'),
  });
  async function stopEngine(): Promise<void> {
    try {
      await postgres?.close();
    } finally {
      await lock.release();
    }
  }
  try {
    await finishRestore(dataDir);
    await checkVersion(dataDir);
    postgres = await EmbeddedPostgres.start(dataPaths(dataDir).database, {
      onFailure: options.onError,
      measureFreeSpace: options.measureFreeSpace,
    });
    return await assemble(dataDir, { postgres, lock, clock, timers, options, stopEngine });
  } catch (error) {
    await stopEngine();
    throw error;
  }
}

async function assemble(
  dataDir: string,
  given: {
    postgres: EmbeddedPostgres;
    lock: DataDirectoryLock;
    clock: Clock;
    timers: Timers;
    options: OpenDatabaseOptions;
    stopEngine: () => Promise<void>;
  },
): Promise<OpenedDatabase> {
  const { postgres, lock, clock, timers, stopEngine } = given;
  const onError = given.options.onError ?? (() => undefined);
  const dataSource = createDataSource({ mode: 'embedded', postgres }, onError);
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  const database = new Database({
    mode: 'embedded',
    dataSource,
    connections: 1,
    clock,
    stopTimers: async () => {
      await maintenance.stop();
      await schedule.stop();
    },
    stopEngine,
  });
  const run: RunStatement = async (sql) => {
    const folder = dataPaths(dataDir).database;
    const { measureFreeSpace } = given.options;
    if (sql === 'CHECKPOINT')
      await ensureFreeSpace(folder, CHECKPOINT_FREE_BYTES, measureFreeSpace);
    return database.maintain(sql);
  };
  const maintenance = new Maintenance(run, clock, onError);
  const backups = new Backups(dataDir, (work) => database.hold(work), clock);
  const schedule = new BackupSchedule(backups, clock, onError);
  maintenance.start(timers);
  schedule.start(timers);
  return { database, lock, backups };
}
