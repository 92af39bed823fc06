import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder of this user alone, and those above it that are missing. What Node does with
 * `recursive` never ends where a file system answers ENOENT to a new entry, as /proc does (Node 20).
 * @throws what the system says, e.g. EACCES, or EEXIST where a file is in its place
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await make(path);
  } catch (error) {
    const above = dirname(path);
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || (await isThere(above))) throw error;
    await makeFolder(above);
    await make(path);
  }
}

/** One that is there already is as good as made. */
async function make(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'EISDIR') throw error;
    if (!(await stat(path)).isDirectory()) throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
