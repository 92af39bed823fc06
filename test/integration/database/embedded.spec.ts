import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { ManualClock } from '../../../src/common/clock.js';
import type { AppError } from '../../../src/common/errors/app-error.js';
import { Database } from '../../../src/database/database.js';
import { createDataSource } from '../../../src/database/data-source.js';
import { readLock } from '../../../src/database/embedded/data-directory-lock.js';
import { dataPaths, POSTGRES_VERSION } from '../../../src/database/embedded/data-directory.js';
import { EmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.js';
import { MINIMUM_FREE_BYTES } from '../../../src/database/embedded/free-space.js';
import { Maintenance } from '../../../src/database/embedded/maintenance.js';
import { openDatabase } from '../../../src/database/open-database.js';
import {
  emptyDataDirectory,
  migratedDataDirectory,
} from '../../support/data-directory-template.js';

const folders: string[] = [];

interface WithStream {
  query: (config: object) => Promise<unknown>;
  connection: { stream: Duplex };
}

async function folder(make: () => Promise<string>): Promise<string> {
  const path = await make();
  folders.push(path);
  return path;
}

afterAll(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

describe('the embedded database', () => {
  it('opens, publishes its address, closes cleanly and opens again', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const first = await openDatabase({ dataDir, databasePoolSize: 1 });
    await first.lock!.publish({ url: 'http://127.0.0.1:4700' });
    expect(await readLock(dataDir)).toMatchObject({
      pid: process.pid,
      url: 'http://127.0.0.1:4700',
    });
    await first.database.close();
    expect(await readLock(dataDir)).toBeNull();
    const second = await openDatabase({ dataDir, databasePoolSize: 1 });
    await expect(second.database.ping()).resolves.toBeUndefined();
    await second.database.close();
  });

  it('writes files of the version that restore expects', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const version = await readFile(join(dataPaths(dataDir).database, 'PG_VERSION'), 'utf8');
    expect(version.trim()).toBe(POSTGRES_VERSION);
  });

  it('refuses the files of another PostgreSQL and frees the directory', async () => {
    const dataDir = await folder(migratedDataDirectory);
    await writeFile(join(dataPaths(dataDir).database, 'PG_VERSION'), '14\n');
    await expect(openDatabase({ dataDir, databasePoolSize: 1 })).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('PostgreSQL 14'),
    });
    expect(await readLock(dataDir)).toBeNull();
  });

  it('completes a restore that was killed between moving the old files and the new', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database: files, restored } = dataPaths(dataDir);
    await rename(files, restored);
    const { database } = await openDatabase({ dataDir, databasePoolSize: 1 });
    await database.close();
    expect(existsSync(restored)).toBe(false);
    expect(existsSync(join(files, 'PG_VERSION'))).toBe(true);
  });

  it('answers database_unavailable once it was ended by force', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const postgres = await EmbeddedPostgres.start(dataPaths(dataDir).database);
    const dataSource = createDataSource({ mode: 'embedded', postgres });
    await dataSource.initialize();
    const database = new Database({ mode: 'embedded', dataSource, connections: 1 });
    const interrupted = database.asSystem(async (tx) => {
      await tx.query('select 1');
      await postgres.kill('the test says so');
      await tx.query('select 1');
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(database.ping()).rejects.toMatchObject({ code: 'database_unavailable' });
    await database.close();
    await postgres.close();
  });

  it('ends the transaction and the prepared statements of a client that vanished', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const postgres = await EmbeddedPostgres.start(dataPaths(dataDir).database);
    const dataSource = createDataSource({ mode: 'embedded', postgres });
    await dataSource.initialize();
    const database = new Database({ mode: 'embedded', dataSource, connections: 1 });
    const vanished = database.asSystem(async (tx) => {
      await tx.query(`insert into tenants (id, name) values (gen_random_uuid(), 'x')`);
      const client = (await tx.queryRunner!.connect()) as WithStream;
      await client.query({ name: 'kept', text: 'select 1' });
      client.connection.stream.destroy();
      await tx.query('select 1');
    });
    await expect(vanished).rejects.toMatchObject({ code: 'database_unavailable' });
    const [left] = await database.asSystem((tx) =>
      tx.query(`
        select (select count(*)::int from tenants) as rows,
               (select count(*)::int from pg_prepared_statements where name = 'kept') as prepared`),
    );
    expect(left).toEqual({ rows: 0, prepared: 0 });
    await database.close();
    await postgres.close();
  });

  it('checkpoints, analyses and vacuums what has changed', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database } = await openDatabase({ dataDir, databasePoolSize: 1 });
    const clock = new ManualClock();
    const statements: string[] = [];
    const maintenance = new Maintenance(
      (sql) => {
        statements.push(sql.trim());
        return database.maintain(sql);
      },
      clock,
      (error) => {
        throw error;
      },
    );
    await database.asSystem((tx) =>
      tx.query(
        `insert into tenants (id, name) select gen_random_uuid(), 'x' from generate_series(1, 500)`,
      ),
    );
    clock.advance(60_000);
    await maintenance.tick();
    expect(statements).toEqual(expect.arrayContaining(['CHECKPOINT', 'ANALYZE tenants']));
    await database.asSystem((tx) => tx.query('delete from tenants'));
    clock.advance(600_000);
    await maintenance.tick();
    expect(statements).toContain('VACUUM (ANALYZE) tenants');
    const [table] = await database.asSystem((tx) =>
      tx.query(`select reltuples::int as rows from pg_class where relname = 'tenants'`),
    );
    expect(table.rows).toBe(0);
    await database.close();
  });

  it('is reopened by the next request after its engine broke down, with all that was stored', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const failures: AppError[] = [];
    let free = MINIMUM_FREE_BYTES;
    const postgres = await EmbeddedPostgres.start(dataPaths(dataDir).database, {
      onFailure: (failure) => failures.push(failure),
      measureFreeSpace: () => Promise.resolve(free),
    });
    const dataSource = createDataSource({ mode: 'embedded', postgres });
    await dataSource.initialize();
    const database = new Database({ mode: 'embedded', dataSource, connections: 1 });
    await database.asSystem((tx) =>
      tx.query(`insert into tenants (id, name) values (gen_random_uuid(), 'kept')`),
    );
    // PostgreSQL panics when it cannot begin the next file of its log.
    const log = join(dataPaths(dataDir).database, 'pg_wal');
    await rename(log, `${log}.away`);
    const broken = database.asSystem(async (tx) => {
      for (let file = 0; file < 4; file += 1) {
        await tx.query(`insert into tenants (id, name) values (gen_random_uuid(), 'lost')`);
        await tx.query('select pg_switch_wal()');
      }
    });
    await expect(broken).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('PANIC')]);
    await rename(`${log}.away`, log);
    free = 0;
    await expect(database.ping()).rejects.toMatchObject({ code: 'disk_full' });
    free = MINIMUM_FREE_BYTES;
    const rows: { name: string }[] = await database.asSystem((tx) =>
      tx.query('select name from tenants'),
    );
    expect(rows).toEqual([{ name: 'kept' }]);
    await database.close();
    await postgres.close();
  });

  it('serves searches before writes', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database } = await openDatabase({ dataDir, databasePoolSize: 1 });
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holder = database.inTenant('a', () => held);
    const order: string[] = [];
    const kinds = ['background', 'background', 'interactive', 'interactive'] as const;
    const queued = kinds.map((priority) =>
      database.inTenant('a', async () => void (await Promise.resolve(order.push(priority))), {
        priority,
      }),
    );
    release();
    await Promise.all([holder, ...queued]);
    await database.close();
    expect(order).toEqual(['interactive', 'interactive', 'background', 'background']);
  });

  it('is not opened on a full disk', async () => {
    const dataDir = await folder(emptyDataDirectory);
    const opening = openDatabase(
      { dataDir, databasePoolSize: 1 },
      { measureFreeSpace: () => Promise.resolve(63 * 1024 * 1024) },
    );
    await expect(opening).rejects.toMatchObject({ code: 'disk_full' });
    expect(existsSync(join(dataPaths(dataDir).database, 'PG_VERSION'))).toBe(false);
    expect(await readLock(dataDir)).toBeNull();
  });
});
