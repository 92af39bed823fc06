import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../common/errors/app-error.js';

/** Major version of PGlite 0.5's files (PG_VERSION); other major versions cannot read them. */
export const POSTGRES_VERSION = '18';

/** Where things lie in the data directory of embedded mode. */
export function dataPaths(dataDir: string): {
  database: string;
  backups: string;
  /** A restore being copied, and one copied in full but not yet in place. */
  restoring: string;
  restored: string;
} {
  return {
    database: join(dataDir, 'database'),
    backups: join(dataDir, 'backups'),
    restoring: join(dataDir, 'database.restoring'),
    restored: join(dataDir, 'database.restored'),
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

/** @throws AppError `database_unavailable` when the files are of another major version. */
export async function checkVersion(dataDir: string): Promise<void> {
  const file = join(dataPaths(dataDir).database, 'PG_VERSION');
  const version = existsSync(file) ? (await readFile(file, 'utf8')).trim() : '';
  // An empty file is what a kill during the very first start leaves; PGlite begins anew then.
  if (version === '' || version === POSTGRES_VERSION) return;
  throw new AppError(
    'database_unavailable',
    `The database in ${dataDir} is of PostgreSQL ${version}; this version of Tributary reads ` +
      `PostgreSQL ${POSTGRES_VERSION}. Export it with the version that wrote it and import here.`,
  );
}
