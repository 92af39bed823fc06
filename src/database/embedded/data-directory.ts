import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';
import { wayBack } from './way-back.js';

/** Major version of PGlite 0.5's files (PG_VERSION); other major versions cannot read them. */
export const POSTGRES_VERSION = '18';

/** A file among the database's own, so that copies and backups carry it: it has been open once. */
const COMPLETE = 'tributary.complete';

/** What of a database makes a folder more than an empty one. */
const PARTS = ['PG_VERSION', 'base', 'global', 'pg_wal'];

/**
 * PostgreSQL numbers the files of the tables that it begins with below this one (FirstNormalObjectId),
 * those of ours from here on.
 */
const FIRST_OWN_TABLE = 16_384;

/** Where things lie in the data directory of embedded mode. */
export function dataPaths(dataDir: string): {
  database: string;
  backups: string;
  /** A restore being copied, and one copied in full but not yet in place. */
  restoring: string;
  restored: string;
  /** What the first start left that was killed. */
  unfinished: string;
} {
  return {
    database: join(dataDir, 'database'),
    backups: join(dataDir, 'backups'),
    restoring: join(dataDir, 'database.restoring'),
    restored: join(dataDir, 'database.restored'),
    unfinished: join(dataDir, 'database.unfinished'),
  };
}

/**
 * Puts a completely copied restore in place. Also called at start: a process that was killed
 * between moving the old files away and the new ones in must not begin with an empty database.
 */
export async function finishRestore(dataDir: string): Promise<void> {
  const { database, restored } = dataPaths(dataDir);
  if (existsSync(restored) && !existsSync(database)) await rename(restored, database);
}

/** The files can be opened, which is so from the end of the first start on. */
export async function markComplete(database: string): Promise<void> {
  const marker = join(database, COMPLETE);
  if (!existsSync(marker)) await writeFile(marker, '', { mode: 0o600 });
}

/**
 * Sees to it that PGlite may open the files, or begin anew: without PG_VERSION, which comes last,
 * it writes a new database over whatever is there. A first start that was killed leaves such files;
 * they are moved aside.
 * @throws AppError `database_unavailable` when the files are of another major version, of a
 *   database that lost its PG_VERSION, or gone although there are backups of them
 */
export async function checkVersion(dataDir: string): Promise<void> {
  const { database } = dataPaths(dataDir);
  const version = await readVersion(database);
  if (version === POSTGRES_VERSION) return;
  if (version !== null) throw otherVersion(dataDir, version);
  if (await wasComplete(database)) throw await damaged(dataDir);
  const lost = await lostDatabase(dataDir);
  if (lost) throw lost;
  await putUnfinishedAside(dataDir);
}

/** Set where backups tell of a database that is not there: an empty one must not take its place. */
export async function lostDatabase(dataDir: string): Promise<AppError | null> {
  const { database, backups, restored } = dataPaths(dataDir);
  if (existsSync(restored) || PARTS.some((part) => existsSync(join(database, part)))) return null;
  const way = await wayBack(backups);
  if (way === null) return null;
  return new AppError(
    'database_unavailable',
    `The database of ${dataDir} is gone, and there are backups of it. ${way} To begin anew, move ` +
      `${backups} away.`,
  );
}

/** Null where there is no file, or one without a version: what a power cut or a kill leaves. */
async function readVersion(database: string): Promise<string | null> {
  const file = join(database, 'PG_VERSION');
  if (!existsSync(file)) return null;
  const text = (await readFile(file, 'utf8')).trim();
  return /^\d+(\.\d+)?$/.test(text) ? text : null;
}

/** By its marker, or by tables of ours: before there was a marker, databases had none. */
async function wasComplete(database: string): Promise<boolean> {
  if (existsSync(join(database, COMPLETE))) return true;
  const base = join(database, 'base');
  if (!existsSync(base)) return false;
  for (const entry of await readdir(base, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const files = await readdir(join(base, entry.name));
    if (files.some((file) => Number.parseInt(file, 10) >= FIRST_OWN_TABLE)) return true;
  }
  return false;
}

/** One is kept: starts that are killed again and again must not fill the disk. */
async function putUnfinishedAside(dataDir: string): Promise<void> {
  const { database, unfinished } = dataPaths(dataDir);
  if (!PARTS.some((part) => existsSync(join(database, part)))) return;
  if (existsSync(unfinished)) await rm(database, { recursive: true });
  else await rename(database, unfinished);
}

function otherVersion(dataDir: string, version: string): AppError {
  return new AppError(
    'database_unavailable',
    `The database in ${dataDir} is of PostgreSQL ${version}; this version of Tributary reads ` +
      `PostgreSQL ${POSTGRES_VERSION}. Export it with the version that wrote it and import here.`,
  );
}

async function damaged(dataDir: string): Promise<AppError> {
  const { database, backups } = dataPaths(dataDir);
  const way =
    (await wayBack(backups)) ??
    `There is no backup in ${backups}: restore one from elsewhere with "tributary restore FOLDER ` +
      `--force", or move ${database} away to begin anew.`;
  return new AppError(
    'database_unavailable',
    `The database in ${dataDir} is damaged: it lost its PG_VERSION. ${way}`,
  );
}
