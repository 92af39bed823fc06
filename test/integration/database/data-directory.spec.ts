import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../../src/common/compiled.js';
import { DataDirectoryLock, readLock } from '../../../src/database/embedded/data-directory-lock.js';
import { openDatabase } from '../../../src/database/open-database.js';
import {
  emptyDataDirectory,
  migratedDataDirectory,
} from '../../support/data-directory-template.js';

const built = (path: string): string =>
  pathToFileURL(join(projectRoot, 'dist', 'src', 'database', path)).href;

const children: ChildProcess[] = [];
const folders: string[] = [];

/** Runs a module text in a process of its own; `lines` are what it prints. */
function start(
  script: string,
  dataDir: string,
): { child: ChildProcess; lines: () => Promise<string> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, lines: async () => (await lines.next()).value as string };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function folder(make: () => Promise<string>): Promise<string> {
  const path = await make();
  folders.push(path);
  return path;
}

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

const HOLD_LOCK = `
  import { DataDirectoryLock } from '${built('embedded/data-directory-lock.js')}';
  setInterval(() => {}, 1000);
  try {
    await DataDirectoryLock.acquire(process.argv[1]);
    console.log('owner');
  } catch (error) {
    console.log(error.code);
  }`;

const COMMIT_FOR_EVER = `
  import { randomUUID } from 'node:crypto';
  import { openDatabase } from '${built('open-database.js')}';
  const { database } = await openDatabase({ dataDir: process.argv[1], databasePoolSize: 1 });
  for (;;) {
    const ids = Array.from({ length: 5 }, () => randomUUID());
    await database.asSystem((tx) =>
      tx.query("insert into tenants (id, name) select unnest($1::uuid[]), 'x'", [ids]));
    process.stdout.write(ids.join(',') + '\\n');
  }`;

describe('a data directory', () => {
  it('is refused to a second process, with the name of the first', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { child, lines } = start(COMMIT_FOR_EVER, dataDir);
    await lines();
    await expect(openDatabase({ dataDir, databasePoolSize: 1 })).rejects.toMatchObject({
      code: 'data_directory_in_use',
      message: expect.stringContaining(`process ${child.pid}`),
    });
    await kill(child);
  });

  it('is refused to a second opener in the same process', async () => {
    const dataDir = await folder(emptyDataDirectory);
    const lock = await DataDirectoryLock.acquire(dataDir);
    await expect(DataDirectoryLock.acquire(dataDir)).rejects.toMatchObject({
      code: 'data_directory_in_use',
    });
    await lock.release();
  });

  it('keeps every acknowledged row when its process is killed again and again', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const acknowledged: string[] = [];
    for (let round = 1; round <= 5; round += 1) {
      const { child, lines } = start(COMMIT_FOR_EVER, dataDir);
      for (let commits = 0; commits < 20 * round; commits += 1) {
        acknowledged.push(...(await lines()).split(','));
      }
      await kill(child);
    }
    const { database } = await openDatabase({ dataDir, databasePoolSize: 1 });
    const rows: { id: string }[] = await database.asSystem((tx) =>
      tx.query('select id from tenants'),
    );
    await database.close();
    const found = new Set(rows.map(({ id }) => id));
    expect(acknowledged).toHaveLength(1500);
    expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  });

  it('of a killed process goes to exactly one of several takers', async () => {
    const dataDir = await folder(emptyDataDirectory);
    const first = start(HOLD_LOCK, dataDir);
    expect(await first.lines()).toBe('owner');
    await kill(first.child);
    expect(await readLock(dataDir)).toBeNull();
    const takers = Array.from({ length: 6 }, () => start(HOLD_LOCK, dataDir));
    const outcomes = await Promise.all(takers.map(({ lines }) => lines()));
    expect(outcomes.filter((outcome) => outcome === 'owner')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'data_directory_in_use')).toHaveLength(5);
    const owner = takers[outcomes.indexOf('owner')]!;
    expect((await readLock(dataDir))?.pid).toBe(owner.child.pid);
  });
});
