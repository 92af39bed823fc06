import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE } from './backup-manifest.js';

/** What whoever has a damaged database can do; null where `backups` holds none. */
export async function wayBack(backups: string): Promise<string | null> {
  if (!existsSync(backups)) return null;
  const names = await readdir(backups);
  if (!names.some((name) => existsSync(join(backups, name, MANIFEST_FILE)))) return null;
  return (
    '"tributary backup --list" shows the backups, "tributary restore latest --force" puts the ' +
    'newest in its place.'
  );
}
