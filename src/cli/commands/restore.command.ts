import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../../config/config.js';
import { dataPaths } from '../../database/embedded/data-directory.js';
import { DatabaseThere, restoreBackup } from '../../database/embedded/restore.js';
import { CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { formatBytes } from '../output/quantities.js';
import { renderFields } from '../output/table.js';
import type { Invoke } from '../program.js';
import { storedBackups } from './backup.command.js';

export function registerRestore(program: Command, invoke: Invoke): void {
  program
    .command('restore')
    .summary('put a backup in the place of the embedded database')
    .description(
      'Put a backup in the place of the embedded database. No server may run on the data ' +
        'directory. The database that was there is moved aside, not deleted.',
    )
    .argument('<backup>', 'folder of the backup, or "latest" of the data directory')
    .option('--force', 'also where the data directory holds a database already')
    .action(invoke<[string], { force?: boolean }>(restore));
}

async function restore(
  context: CliContext,
  [typed]: [string],
  { force = false }: { force?: boolean },
): Promise<void> {
  const { dataDir } = readConfig(context.env);
  const folder = await findBackup(dataDir, typed);
  const { clock } = context.runtime;
  const report = await restoreBackup(folder, dataDir, { force, clock }).catch((error: unknown) => {
    throw error instanceof DatabaseThere ? databaseExists(error) : error;
  });
  const { createdAt, bytes, previous, warning } = report;
  const answer = {
    backup: folder,
    data_dir: dataDir,
    created_at: createdAt,
    bytes,
    previous,
    warning,
  };
  context.answer(answer, () =>
    renderFields(
      [
        ['restored', folder],
        ['made', createdAt],
        ['size', formatBytes(bytes)],
        ['into', dataDir],
        ['before', previous && `kept in ${previous}`],
      ],
      context.terminal.style,
    ),
  );
  context.note(context.terminal.noteStyle.warn(`warning: ${warning}`));
}

function databaseExists({ message }: DatabaseThere): CliError {
  const hint = 'With --force the backup takes its place, and that database is moved aside.';
  return new CliError('database_exists', message, EXIT.conflict, hint);
}

async function findBackup(dataDir: string, typed: string): Promise<string> {
  if (typed === 'latest') {
    const [latest] = await storedBackups(dataDir);
    if (latest) return latest.path;
    throw new CliError('backup_not_found', `there is no backup in ${dataDir}`, EXIT.notFound);
  }
  const named = [resolve(typed), join(dataPaths(dataDir).backups, typed)].find(existsSync);
  if (named) return named;
  throw new CliError('backup_not_found', `there is no backup ${resolve(typed)}`, EXIT.notFound);
}
