import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { type Clock, SystemClock } from '../../common/clock.js';
import { AppError } from '../../common/errors/app-error.js';
import { sentence } from '../../common/sentence.js';
import { translateDatabaseError } from '../database-errors.js';
import { noteOperatorsAct, type OperatorsAct } from '../operators-act.js';
import {
  BACKUP_FILES,
  type BackupManifest,
  KEY_RING_WARNING,
  readManifest,
} from './backup-manifest.js';
import { DataDirectoryLock } from './data-directory-lock.js';
import { dataPaths, finishRestore, POSTGRES_VERSION } from './data-directory.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { copyFiles, listFiles, syncFiles, syncPath, totalBytes } from './file-copy.js';
import { ensureFreeSpace, MINIMUM_FREE_BYTES } from './free-space.js';

export interface RestoreReport {
  /** When the restored backup was taken. */
  createdAt: string;
  bytes: number;
  /** Where the database that was there before lies now. */
  previous: string | null;
  /** What the operator must know. */
  warning: string;
}

/** Nobody asked for the database in this directory to be replaced. */
export class DatabaseThere extends AppError {
  constructor(dataDir: string) {
    super('backup_failed', `${dataDir} holds a database already.`);
  }
}

/**
 * Puts a backup in the place of a data directory's database, with an entry of that in its audit
 * log. A kill at any moment leaves either the old database or the new one.
 * @throws AppError `data_directory_in_use` while a server runs on it, `backup_failed` for a backup
 *   that is incomplete or cannot be opened, `disk_full`; DatabaseThere, unless `force`, for a
 *   directory that holds one
 */
export async function restoreBackup(
  from: string,
  dataDir: string,
  options: { force?: boolean; clock?: Clock } = {},
): Promise<RestoreReport> {
  const clock = options.clock ?? new SystemClock();
  const backup = resolve(from);
  const manifest = await readManifest(backup);
  refuseOtherVersion(backup, manifest);
  await checkFiles(backup, manifest);
  const lock = await DataDirectoryLock.acquire(dataDir, { clock });
  try {
    await finishRestore(dataDir);
    const { database } = dataPaths(dataDir);
    const used = existsSync(database) && (await readdir(database)).length > 0;
    if (used && !options.force) throw new DatabaseThere(dataDir);
    const previous = await replaceDatabase(backup, dataDir, manifest, clock.now());
    const { createdAt } = manifest;
    return { createdAt, bytes: totalBytes(manifest), previous, warning: KEY_RING_WARNING };
  } finally {
    await lock.release();
  }
}

async function replaceDatabase(
  backup: string,
  dataDir: string,
  manifest: BackupManifest,
  now: Date,
): Promise<string | null> {
  const { database, restoring, restored } = dataPaths(dataDir);
  const previous = existsSync(database)
    ? `${database}.before-${now.toISOString().replaceAll(':', '-')}`
    : null;
  await ensureFreeSpace(dataDir, totalBytes(manifest) + MINIMUM_FREE_BYTES);
  for (const leftover of [restoring, restored]) {
    await rm(leftover, { recursive: true, force: true });
  }
  await mkdir(restoring, { mode: 0o700 });
  await copyFiles(join(backup, BACKUP_FILES), restoring, manifest);
  const details = { created_at: manifest.createdAt, previous };
  await noteIn(restoring, { action: 'backup.restored', target: backup, details });
  await syncFiles(restoring, await listFiles(restoring));
  await rename(restoring, restored);
  if (previous !== null) await rename(database, previous);
  await finishRestore(dataDir);
  await syncPath(dataDir);
  return previous;
}

/** Before the database is in its place, so that there is none without the entry. */
async function noteIn(folder: string, act: OperatorsAct): Promise<void> {
  const postgres = await EmbeddedPostgres.start(folder).catch((error: unknown) => {
    throw isUnavailable(error) ? damaged(act.target, error) : error;
  });
  // Files that open may hold tables that cannot be written to.
  await noteOn(postgres, act).catch((error: unknown) => {
    const told = translateDatabaseError(error);
    throw told instanceof AppError && !isUnavailable(told) ? told : damaged(act.target, told);
  });
}

async function noteOn(postgres: EmbeddedPostgres, act: OperatorsAct): Promise<void> {
  try {
    const client = new pg.Client(postgres.pool);
    // Without a listener an engine that breaks would end the process; the query reports it too.
    client.on('error', () => undefined);
    await client.connect();
    try {
      await noteOperatorsAct(client, act);
    } finally {
      await client.end();
    }
  } finally {
    await postgres.close();
  }
}

function isUnavailable(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'database_unavailable';
}

/** What was there stays in its place. */
function damaged(backup: string, error: unknown): AppError {
  // The outer one names a way back, which may be this very backup.
  const inner = isUnavailable(error) && error.cause instanceof AppError ? error.cause : error;
  const why = inner instanceof Error ? inner.message : String(inner);
  const message =
    `The backup ${backup} is damaged; what was there before is untouched. ` +
    `Restore another one. ${sentence(why)}`;
  return new AppError('backup_failed', message, { cause: error });
}

async function checkFiles(backup: string, manifest: BackupManifest): Promise<void> {
  for (const { path, bytes } of manifest.files) {
    const file = join(backup, BACKUP_FILES, path);
    const found = existsSync(file) ? (await stat(file)).size : 'missing';
    if (found === bytes) continue;
    throw new AppError(
      'backup_failed',
      `The backup ${backup} is damaged: ${path} should have ${bytes} bytes, found ${found}.`,
    );
  }
}

function refuseOtherVersion(backup: string, { postgresVersion }: BackupManifest): void {
  if (postgresVersion === POSTGRES_VERSION) return;
  throw new AppError(
    'backup_failed',
    `The backup ${backup} is of PostgreSQL ${postgresVersion}; this version reads ` +
      `PostgreSQL ${POSTGRES_VERSION}.`,
  );
}
