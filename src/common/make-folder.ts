import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder of this user alone, and those above it that are missing. What Node does with
 * `recursive` never ends where a file system answers ENOENT to a new entry, as /proc does (Node 20).
 * @throws what the system says, e.g. EACCES, or EEXIST where a file is in its place
 */
export async function makeFolder(path: string): Promise<void> {
  const refusal = await make(path);
  if (refusal === undefined) return;
  const above = dirname(path);
  if (refusal.code !== 'ENOENT' || above === path || (await isThere(above))) throw refusal;
  await makeFolder(above);
  const again = await make(path);
  if (again) throw again;
}

/** @returns why it could not be made; one that is there already is as good as made */
async function make(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    const refusal = error as NodeJS.ErrnoException;
    if (refusal.code !== 'EEXIST' && refusal.code !== 'EISDIR') return refusal;
    return (await stat(path)).isDirectory() ? undefined : refusal;
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
