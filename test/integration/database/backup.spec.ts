import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../../src/database/database.js';
import { dataPaths } from '../../../src/database/embedded/data-directory.js';
import { readManifest } from '../../../src/database/embedded/backup-manifest.js';
import { DatabaseThere, restoreBackup } from '../../../src/database/embedded/restore.js';
import { openDatabase, type OpenedDatabase } from '../../../src/database/open-database.js';
import {
  emptyDataDirectory,
  migratedDataDirectory,
} from '../../support/data-directory-template.js';

const folders: string[] = [];

async function folder(make: () => Promise<string>): Promise<string> {
  const path = await make();
  folders.push(path);
  return path;
}

function open(dataDir: string): Promise<OpenedDatabase> {
  return openDatabase({ dataDir, databasePoolSize: 1 });
}

async function addTenant(database: Database): Promise<string> {
  const id = randomUUID();
  await database.asSystem((tx) =>
    tx.query(`insert into tenants (id, name) values ($1, 'x')`, [id]),
  );
  return id;
}

async function tenants(database: Database): Promise<string[]> {
  const rows: { id: string }[] = await database.asSystem((tx) =>
    tx.query('select id from tenants order by created_at'),
  );
  return rows.map(({ id }) => id);
}

/** The audit log of a data directory that no server runs on. */
async function acts(dataDir: string): Promise<unknown[]> {
  const { database } = await open(dataDir);
  const rows = await database.asSystem((tx) =>
    tx.query<unknown[]>('select tenant_id, actor, action, target, details from audit_log'),
  );
  await database.close();
  return rows;
}

afterAll(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

describe('a backup', () => {
  it('taken beside running writes is restored with everything up to it', async () => {
    const { database, backups } = await open(await folder(migratedDataDirectory));
    const before = await addTenant(database);
    const target = join(await folder(emptyDataDirectory), 'copy');
    const creating = backups!.create(target);
    const beside = await Promise.all(Array.from({ length: 20 }, () => addTenant(database)));
    const report = await creating;
    expect(report).toMatchObject({ path: target, warning: expect.stringContaining('key ring') });
    const after = await addTenant(database);
    await database.close();

    const fresh = await folder(emptyDataDirectory);
    const restored = await restoreBackup(target, fresh);
    expect(restored).toMatchObject({ previous: null, bytes: report.bytes });
    expect(restored.warning).toContain('key ring');
    const again = await open(fresh);
    const found = await tenants(again.database);
    await again.database.close();
    expect(found).toContain(before);
    expect(found).not.toContain(after);
    expect([before, ...beside]).toEqual(expect.arrayContaining(found));
  });

  it('is not restored over a database that is there, unless forced, which keeps that', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const first = await open(dataDir);
    const kept = await addTenant(first.database);
    const { path } = await first.backups!.create();
    await addTenant(first.database);
    await first.database.close();
    await expect(restoreBackup(path, dataDir)).rejects.toBeInstanceOf(DatabaseThere);
    const { previous } = await restoreBackup(path, dataDir, { force: true });
    expect(existsSync(join(previous!, 'PG_VERSION'))).toBe(true);
    const second = await open(dataDir);
    expect(await tenants(second.database)).toEqual([kept]);
    await second.database.close();
  });

  it('leaves an entry in the audit log of what it was restored to', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const first = await open(dataDir);
    const { path, createdAt } = await first.backups!.create();
    await first.database.close();
    const { previous } = await restoreBackup(path, dataDir, { force: true });
    const fresh = await folder(emptyDataDirectory);
    await restoreBackup(path, fresh);

    for (const [restored, replaced] of [
      [dataDir, previous],
      [fresh, null],
    ] as const) {
      expect(await acts(restored)).toEqual([
        {
          tenant_id: null,
          actor: 'operator',
          action: 'backup.restored',
          target: path,
          details: { created_at: createdAt, previous: replaced },
        },
      ]);
    }
    // Neither the backup nor what was moved aside is touched by it.
    const again = await folder(emptyDataDirectory);
    await restoreBackup(path, again);
    expect(await acts(again)).toHaveLength(1);
  });

  it('that cannot be opened is not put in the place of a database', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database, backups } = await open(dataDir);
    const kept = await addTenant(database);
    const { path } = await backups!.create();
    await database.close();
    const control = join(path, 'database', 'global', 'pg_control');
    await writeFile(control, Buffer.alloc((await stat(control)).size));
    await expect(restoreBackup(path, dataDir, { force: true })).rejects.toMatchObject({
      code: 'backup_failed',
      message: expect.stringContaining(path),
    });
    const still = await open(dataDir);
    expect(await tenants(still.database)).toEqual([kept]);
    await still.database.close();
  });

  it('whose tables are damaged is not put in the place of a database', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database, backups } = await open(dataDir);
    const kept = await addTenant(database);
    const [index] = await database.asSystem((tx) =>
      tx.query<{ path: string }[]>(`select pg_relation_filepath('audit_log_pkey') as path`),
    );
    const { path } = await backups!.create();
    await database.close();
    const damaged = join(path, 'database', index!.path);
    await writeFile(damaged, Buffer.alloc((await stat(damaged)).size, 0x5a));
    await expect(restoreBackup(path, dataDir, { force: true })).rejects.toMatchObject({
      code: 'backup_failed',
      message: expect.stringMatching(/is damaged; .* untouched\. Restore another one\. /),
    });
    const still = await open(dataDir);
    expect(await tenants(still.database)).toEqual([kept]);
    await still.database.close();
  });

  it('is not restored under a running server', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database, backups } = await open(dataDir);
    const { path } = await backups!.create();
    await expect(restoreBackup(path, dataDir, { force: true })).rejects.toMatchObject({
      code: 'data_directory_in_use',
    });
    await database.close();
  });

  it('that lost a part of a file is refused before anything is touched', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database, backups } = await open(dataDir);
    const { path } = await backups!.create();
    await database.close();
    const { files } = await readManifest(path);
    const large = files.find(({ bytes }) => bytes > 100_000)!;
    await truncate(join(path, 'database', large.path), 100);
    await expect(restoreBackup(path, dataDir, { force: true })).rejects.toMatchObject({
      code: 'backup_failed',
      message: expect.stringContaining(large.path),
    });
    expect(existsSync(join(dataPaths(dataDir).database, 'PG_VERSION'))).toBe(true);
  });

  it('without its manifest is none', async () => {
    const incomplete = await folder(emptyDataDirectory);
    const dataDir = await folder(emptyDataDirectory);
    await expect(restoreBackup(incomplete, dataDir)).rejects.toMatchObject({
      code: 'backup_failed',
    });
  });

  it('is not written into a folder that holds something', async () => {
    const dataDir = await folder(migratedDataDirectory);
    const { database, backups } = await open(dataDir);
    await expect(backups!.create(dataDir)).rejects.toMatchObject({ code: 'backup_failed' });
    await database.close();
  });
});
