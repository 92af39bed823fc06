import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { BackgroundDatabase } from './background-database.js';
import { Database } from './database.js';
import { refuseHalfTransferred } from './half-transferred.js';
import { openDatabase, type OpenedDatabase } from './open-database.js';

const OPENED = Symbol('OpenedDatabase');

/** The lock on the data directory; null on a server. */
export const DATA_DIRECTORY_LOCK = Symbol('DataDirectoryLock');
/** Backups of the embedded database; null on a server, whose operator has other means. */
export const BACKUPS = Symbol('Backups');

/** An error of `pg` has the whole connection as a property, which a log is no place for. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stack, message, cause } = error;
  return cause instanceof Error
    ? `${stack ?? message}\nCause: ${cause.message}`
    : (stack ?? message);
}

async function open(config: Config, clock?: Clock): Promise<OpenedDatabase> {
  const logger = new Logger('Database');
  const onError = (error: unknown): void => logger.error(told(error));
  const onWarning = (message: string): void => logger.warn(message);
  const opened = await openDatabase(config, { clock, onError, onWarning });
  const { mode, rowLevelSecurity } = opened.database;
  opened.database.onLateFailure = onError;
  opened.database.onSpareFailure = (error) =>
    logger.warn(
      `A read on a second connection failed; for 30 s searches use one each. ${told(error)}`,
    );
  if (mode === 'server') {
    await refuseHalfTransferred(opened.database).catch(async (error: unknown) => {
      await opened.database.close();
      throw error;
    });
  }
  if (mode === 'server' && rowLevelSecurity.state === 'off')
    logger.warn(`Row level security is off. ${rowLevelSecurity.reason}`);
  return opened;
}

function measured({ database }: OpenedDatabase, metrics?: Metrics): Database {
  if (metrics) database.onWaited = (priority, ms) => metrics.waitedForDatabase(priority, ms / 1000);
  return database;
}

/** Opens the database at start and closes it last, when every other module has let go of it. */
@Global()
@Module({
  providers: [
    BackgroundDatabase,
    { provide: OPENED, inject: [CONFIG, { token: CLOCK, optional: true }], useFactory: open },
    {
      provide: Database,
      inject: [OPENED, { token: Metrics, optional: true }],
      useFactory: measured,
    },
    {
      provide: DATA_DIRECTORY_LOCK,
      inject: [OPENED],
      useFactory: (all: OpenedDatabase) => all.lock,
    },
    { provide: BACKUPS, inject: [OPENED], useFactory: (all: OpenedDatabase) => all.backups },
  ],
  exports: [Database, BackgroundDatabase, DATA_DIRECTORY_LOCK, BACKUPS],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}
