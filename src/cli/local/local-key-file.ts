import { chmod, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../common/secret.js';

const FILE = 'cli-key';

/** Where the key of this machine's command line lies, readable by the owner of the folder only. */
export function localKeyPath(dataDir: string): string {
  return join(dataDir, FILE);
}

/** The key, or null where no server has run on the directory yet. */
export async function readLocalKey(dataDir: string): Promise<Secret<string> | null> {
  try {
    const text = (await readFile(localKeyPath(dataDir), 'utf8')).trim();
    return text === '' ? null : new Secret(text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Replaces the file in one step, so that a reader never sees half a key. */
export async function writeLocalKey(dataDir: string, key: Secret<string>): Promise<void> {
  const temporary = `${localKeyPath(dataDir)}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${key.reveal()}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, localKeyPath(dataDir));
}

/** Takes away rights that a copy or a restore of the folder may have given to others. */
export async function protectLocalKey(dataDir: string): Promise<void> {
  await chmod(localKeyPath(dataDir), 0o600);
}
