import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config/config.js';
import { BackgroundDatabase } from './background-database.js';
import { Database } from './database.js';
import { openDatabase, type OpenedDatabase } from './open-database.js';

const OPENED = Symbol('OpenedDatabase');

/** The lock on the data directory; null on a server. */
export const DATA_DIRECTORY_LOCK = Symbol('DataDirectoryLock');
/** Backups of the embedded database; null on a server, whose operator has other means. */
export const BACKUPS = Symbol('Backups');

function open(config: Config, clock?: Clock): Promise<OpenedDatabase> {
  const logger = new Logger('Database');
  return openDatabase(config, { clock, onError: (error) => logger.error(error) });
}

/** Opens the database at start and closes it last, when every other module has let go of it. */
@Global()
@Module({
  providers: [
    BackgroundDatabase,
    { provide: OPENED, inject: [CONFIG, { token: CLOCK, optional: true }], useFactory: open },
    { provide: Database, inject: [OPENED], useFactory: (all: OpenedDatabase) => all.database },
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
