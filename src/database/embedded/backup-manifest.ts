import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../common/errors/app-error.js';

const Manifest = z.object({
  format: z.literal(1),
  createdAt: z.iso.datetime(),
  /** Content of PG_VERSION: files of one major version are unreadable to another. */
  postgresVersion: z.string(),
  directories: z.array(z.string()),
  files: z.array(z.object({ path: z.string(), bytes: z.int().nonnegative() })),
});

/** What a backup folder says about itself in manifest.json, written last. */
export type BackupManifest = z.infer<typeof Manifest>;

export const MANIFEST_FILE = 'manifest.json';

/** Folder of the database files inside a backup. */
export const BACKUP_FILES = 'database';

export const KEY_RING_WARNING =
  'A backup does not hold the key ring. Without the keys of that time (TRIBUTARY_ENCRYPTION_KEYS, ' +
  'or the file encryption-keys of the data directory) the restored credentials of connections ' +
  'cannot be read and must be given again: keep the key ring apart from the backups.';

/** @throws AppError `backup_failed` when the folder holds no complete backup. */
export async function readManifest(backup: string): Promise<BackupManifest> {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(backup, MANIFEST_FILE), 'utf8')));
  } catch (error) {
    throw new AppError('backup_failed', `${backup} holds no complete backup.`, { cause: error });
  }
}
