import { rm } from 'node:fs/promises';
import { Global, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CONFIG, readConfig } from '../../../src/config/config.js';
import { Database } from '../../../src/database/database.js';
import {
  BACKUPS,
  DATA_DIRECTORY_LOCK,
  DatabaseModule,
} from '../../../src/database/database.module.js';
import { Backups } from '../../../src/database/embedded/backups.js';
import { DataDirectoryLock, readLock } from '../../../src/database/embedded/data-directory-lock.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';

let dataDir: string;

@Global()
@Module({
  providers: [{ provide: CONFIG, useFactory: () => readConfig({ TRIBUTARY_DATA_DIR: dataDir }) }],
  exports: [CONFIG],
})
class ConfigModule {}

@Injectable()
class LastWords implements OnModuleDestroy {
  said = false;

  constructor(private readonly database: Database) {}

  async onModuleDestroy(): Promise<void> {
    await this.database.ping();
    this.said = true;
  }
}

describe('DatabaseModule', () => {
  beforeAll(async () => {
    dataDir = await migratedDataDirectory();
  });

  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('gives every module the database and closes it after them', async () => {
    const app = await Test.createTestingModule({
      imports: [ConfigModule, DatabaseModule],
      providers: [LastWords],
    }).compile();
    await app.init();
    expect(app.get(Database).mode).toBe('embedded');
    expect(app.get(BACKUPS)).toBeInstanceOf(Backups);
    expect(app.get(DATA_DIRECTORY_LOCK)).toBeInstanceOf(DataDirectoryLock);
    expect((await readLock(dataDir))?.pid).toBe(process.pid);
    const last = app.get(LastWords);
    await app.close();
    expect(last.said).toBe(true);
    expect(await readLock(dataDir)).toBeNull();
  });
});
