import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../../config/config.js';
import { readManifest } from '../../database/embedded/backup-manifest.js';
import { dataPaths } from '../../database/embedded/data-directory.js';
import { totalBytes } from '../../database/embedded/file-copy.js';
import type { CliContext } from '../context.js';
import { formatAgo, formatBytes } from '../output/quantities.js';
import { renderFields, renderTable } from '../output/table.js';
import type { Invoke } from '../program.js';
import { directoryMissing } from '../server/reach-server.js';

export interface StoredBackup {
  path: string;
  created_at: string;
  bytes: number;
}

export function registerBackup(program: Command, invoke: Invoke): void {
  program
    .command('backup')
    .summary('copy the embedded database')
    .description(
      'Copy the embedded database, whether or not a server runs on it. A running server also does ' +
        'so daily and keeps the newest seven below backups/ of the data directory.',
    )
    .argument('[target]', 'new or empty folder (default: a dated one in the data directory)')
    .option('--list', 'list the backups in the data directory instead')
    .action(invoke<[string | undefined], { list?: boolean }>(backup));
}

async function backup(
  context: CliContext,
  [target]: [string | undefined],
  { list }: { list?: boolean },
): Promise<void> {
  if (list) return listBackups(context);
  await context.withServer({ local: true }, async ({ api }) => {
    const made = await api.backup(target === undefined ? undefined : resolve(target));
    context.answer(made, () =>
      renderFields(
        [
          ['backup', made.path],
          ['size', formatBytes(made.bytes)],
        ],
        context.terminal.style,
      ),
    );
    context.note(context.terminal.noteStyle.warn(`warning: ${made.warning}`));
  });
}

async function listBackups(context: CliContext): Promise<void> {
  const { dataDir } = readConfig(context.env);
  const found = await storedBackups(dataDir);
  // A database that is lost is what backups are for.
  if (found.length === 0 && !existsSync(dataPaths(dataDir).database)) {
    throw directoryMissing(dataDir);
  }
  const now = context.runtime.clock.now();
  context.answer(found, () =>
    found.length === 0
      ? ['No backups yet.']
      : renderTable(
          found,
          [
            { title: 'MADE', value: ({ created_at: at }) => formatAgo(at, now) },
            { title: 'SIZE', align: 'right', value: ({ bytes }) => formatBytes(bytes) },
            { title: 'BACKUP', value: ({ path }) => path },
          ],
          context.terminal,
        ),
  );
}

/** The complete backups below the data directory, newest first. */
export async function storedBackups(dataDir: string): Promise<StoredBackup[]> {
  const { backups } = dataPaths(dataDir);
  const names = await readdir(backups).catch(() => []);
  const found: StoredBackup[] = [];
  for (const name of names) {
    const path = join(backups, name);
    // A folder without a manifest is a backup that was interrupted.
    const manifest = await readManifest(path).catch(() => null);
    if (!manifest) continue;
    found.push({ path, created_at: manifest.createdAt, bytes: totalBytes(manifest) });
  }
  return found.sort((a, b) => b.created_at.localeCompare(a.created_at));
}
