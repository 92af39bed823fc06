import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../common/errors/app-error.js';
import { syncPath } from '../database/embedded/file-copy.js';
import { parseKeyRing, type KeyRing } from './key-ring.js';

const FILE = 'encryption-keys';
const OTHERS = 0o077;

/** The key ring of embedded mode, one `id:base64` per line. Backups leave it out. */
export function keyFilePath(dataDir: string): string {
  return join(dataDir, FILE);
}

/**
 * The ring of the file, or null where there is none yet.
 * @throws AppError `encryption_key_file_exposed` when others than its owner may read it,
 *   `encryption_keys_invalid`
 */
export async function readKeyFile(dataDir: string): Promise<KeyRing | null> {
  const path = keyFilePath(dataDir);
  try {
    const { mode } = await stat(path);
    // Windows has no such bits and shows every file as readable by all.
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw exposed(path, mode);
    return parseKeyRing(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Replaces the file in one step and brings it to the disk, before anything is encrypted with a key
 * that only this file knows.
 */
export async function writeKeyFile(dataDir: string, ring: KeyRing): Promise<void> {
  const path = keyFilePath(dataDir);
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${ring.entries().join('\n')}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncPath(dataDir);
}

function exposed(path: string, mode: number): AppError {
  const bits = (mode & 0o777).toString(8).padStart(3, '0');
  return new AppError(
    'encryption_key_file_exposed',
    `${path} has mode ${bits}, so others can read the encryption keys; "chmod 600" it.`,
  );
}
