import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../../src/common/compiled.js';
import { dataPaths } from '../../../src/database/embedded/data-directory.js';
import { readLock } from '../../../src/database/embedded/data-directory-lock.js';
import { restoreBackup } from '../../../src/database/embedded/restore.js';
import { openDatabase, type OpenedDatabase } from '../../../src/database/open-database.js';
import {
  emptyDataDirectory,
  migratedDataDirectory,
} from '../../support/data-directory-template.js';

const MARKER = 'tributary.complete';
const OPEN = `
  import { openDatabase } from '${pathToFileURL(join(projectRoot, 'dist/src/database/open-database.js')).href}';
  await openDatabase({ dataDir: process.argv[1], databasePoolSize: 1 });`;

const folders: string[] = [];
const children: ChildProcess[] = [];

async function folder(make: () => Promise<string>): Promise<string> {
  const path = await make();
  folders.push(path);
  return path;
}

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

const open = (dataDir: string): Promise<OpenedDatabase> =>
  openDatabase({ dataDir, databasePoolSize: 1 });

let used: Promise<string> | undefined;

/** A data directory with a tenant, and a backup of it. */
async function usedDirectory(): Promise<string> {
  used ??= folder(useDirectory);
  const dataDir = await folder(emptyDataDirectory);
  await cp(await used, dataDir, { recursive: true });
  return dataDir;
}

async function useDirectory(): Promise<string> {
  const dataDir = await migratedDataDirectory();
  const { database, backups } = await open(dataDir);
  await database.asSystem((tx) =>
    tx.query(`insert into tenants (id, name) values (gen_random_uuid(), 'kept')`),
  );
  await backups!.create();
  await database.close();
  return dataDir;
}

async function tenants(dataDir: string): Promise<string[]> {
  const { database } = await open(dataDir);
  const rows: { name: string }[] = await database.asSystem((tx) =>
    tx.query('select name from tenants'),
  );
  await database.close();
  return rows.map(({ name }) => name);
}

/** A first start, killed as soon as `reached` is there. */
async function killedFirstStart(reached: (database: string) => boolean): Promise<string> {
  const dataDir = await folder(emptyDataDirectory);
  const child = spawn(process.execPath, ['--input-type=module', '-e', OPEN, dataDir], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.push(child);
  const exited = once(child, 'exit');
  while (child.exitCode === null && !reached(dataPaths(dataDir).database)) await sleep(1);
  child.kill('SIGKILL');
  await exited;
  return dataDir;
}

describe('a data directory whose first start was killed', () => {
  it.each(['global/pg_control', 'base/5'])('when it had %s begins anew', async (reached) => {
    const dataDir = await killedFirstStart((database) => existsSync(join(database, reached)));
    const { database, unfinished } = dataPaths(dataDir);
    expect(existsSync(join(database, 'PG_VERSION'))).toBe(false);
    expect(await tenants(dataDir)).toEqual([]);
    // What was there is kept, since only its looks say that it was never used.
    expect(existsSync(join(unfinished, 'global'))).toBe(true);
    expect(existsSync(join(database, MARKER))).toBe(true);
  });

  it('before it had anything begins anew in the same folder', async () => {
    const dataDir = await folder(emptyDataDirectory);
    const { database, unfinished } = dataPaths(dataDir);
    await mkdir(join(database, 'pg_notify'), { recursive: true });
    expect(await tenants(dataDir)).toEqual([]);
    expect(existsSync(unfinished)).toBe(false);
  });

  it('keeps one such folder, however many starts are killed', async () => {
    const dataDir = await folder(emptyDataDirectory);
    const { database, unfinished } = dataPaths(dataDir);
    for (const file of ['first', 'second']) {
      await mkdir(join(database, 'global'), { recursive: true });
      await writeFile(join(database, 'global', file), '');
      await writeFile(join(database, 'PG_VERSION'), '');
      const full = () => Promise.resolve(0);
      const opening = openDatabase({ dataDir, databasePoolSize: 1 }, { measureFreeSpace: full });
      await expect(opening).rejects.toMatchObject({ code: 'disk_full' });
    }
    expect(readdirSync(join(unfinished, 'global'))).toEqual(['first']);
    expect(readdirSync(database)).toEqual([]);
  });
});

describe('a data directory that was complete once', () => {
  it.each([
    ['has no PG_VERSION', (file: string) => rm(file)],
    ['has an empty one', (file: string) => writeFile(file, '')],
    ['has one of zeros', (file: string) => writeFile(file, '\0\0\0')],
  ])('and %s is refused, untouched, with the way back', async (_, damage) => {
    const dataDir = await usedDirectory();
    const { database } = dataPaths(dataDir);
    const version = join(database, 'PG_VERSION');
    await damage(version);
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(
        /PG_VERSION.*"tributary backup --list".*"tributary restore latest --force"/s,
      ),
    });
    expect(await readLock(dataDir)).toBeNull();
    await writeFile(version, '18\n');
    expect(await tenants(dataDir)).toEqual(['kept']);
  });

  it('is known by its tables where it was made before there was a marker', async () => {
    const dataDir = await usedDirectory();
    const { database } = dataPaths(dataDir);
    for (const name of [MARKER, 'PG_VERSION']) await rm(join(database, name), { force: true });
    await expect(open(dataDir)).rejects.toMatchObject({ code: 'database_unavailable' });
    await writeFile(join(database, 'PG_VERSION'), '18\n');
    expect(await tenants(dataDir)).toEqual(['kept']);
    expect(existsSync(join(database, MARKER))).toBe(true);
  });

  it('is known by its marker where its tables are gone as well', async () => {
    const dataDir = await usedDirectory();
    const { database } = dataPaths(dataDir);
    for (const name of ['base', 'PG_VERSION']) {
      await rm(join(database, name), { recursive: true });
    }
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('tributary restore latest --force'),
    });
  });

  it('and is gone altogether is not begun anew while there are backups', async () => {
    const dataDir = await usedDirectory();
    const { backups, database } = dataPaths(dataDir);
    await rm(database, { recursive: true });
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/is gone.*"tributary restore latest --force"/s),
    });
    await restoreBackup(join(backups, readdirSync(backups)[0]!), dataDir, {});
    expect(await tenants(dataDir)).toEqual(['kept']);
  });

  it('is told to be moved away where there is no backup', async () => {
    const dataDir = await usedDirectory();
    const { backups, database } = dataPaths(dataDir);
    await rm(backups, { recursive: true });
    await rm(join(database, 'PG_VERSION'));
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/no backup in .*backups.*tributary restore FOLDER --force/s),
    });
  });

  it('comes back with its marker from a backup', async () => {
    const dataDir = await usedDirectory();
    const { backups, database } = dataPaths(dataDir);
    await rm(join(database, 'PG_VERSION'));
    await restoreBackup(join(backups, readdirSync(backups)[0]!), dataDir, { force: true });
    expect(existsSync(join(database, MARKER))).toBe(true);
    expect(await tenants(dataDir)).toEqual(['kept']);
  });

  it('and cannot be opened names the way back, where there is one', async () => {
    const dataDir = await usedDirectory();
    const { backups, database } = dataPaths(dataDir);
    const control = join(database, 'global', 'pg_control');
    await rename(control, `${control}.away`);
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringContaining('"tributary restore latest --force"'),
    });
    expect(await readLock(dataDir)).toBeNull();
    await rm(backups, { recursive: true });
    await expect(open(dataDir)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.not.stringContaining('restore'),
    });
    await rename(`${control}.away`, control);
    expect(await tenants(dataDir)).toEqual(['kept']);
  });
});
