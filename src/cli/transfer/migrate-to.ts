import { existsSync } from 'node:fs';
import { readConfig, type Config } from '../../config/config.js';
import { BackgroundDatabase } from '../../database/background-database.js';
import { dataPaths } from '../../database/embedded/data-directory.js';
import { openDatabase, type DatabaseConfig } from '../../database/open-database.js';
import { VectorsElsewhere } from '../../database/server-migration.js';
import { CliError, interrupted, usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { ProgressBoard } from '../output/progress-board.js';
import { bar } from '../output/progress-line.js';
import { formatCount, plural } from '../output/quantities.js';
import { renderFields } from '../output/table.js';
import { carriedKeys } from './carried-keys.js';
import { checkCredentials } from './check-credentials.js';
import { targetNotEmpty, transfer, type TransferProgress } from './transfer.js';

export interface MigrateToOptions {
  restart?: boolean;
}

/** Copies the data directory to a PostgreSQL server, or goes on with it. */
export async function migrateTo(
  context: CliContext,
  [typed]: [string | undefined],
  { restart = false }: MigrateToOptions,
): Promise<void> {
  const { env } = context;
  const url = typed ?? env['DATABASE_URL'];
  if (!url) throw usageError('there is no URL to move to', 'Name it, or set DATABASE_URL.');
  const from = readConfig({ ...env, DATABASE_URL: undefined, QDRANT_URL: undefined });
  const to = readConfig({ ...env, DATABASE_URL: url, QDRANT_URL: undefined });
  if (!existsSync(dataPaths(from.dataDir).database)) {
    const message = `there is no embedded database in ${from.dataDir}`;
    const hint = 'Name its folder with --data-dir.';
    throw new CliError('data_directory_empty', message, EXIT.notFound, hint);
  }
  const { ring, setting } = await carriedKeys(from);
  const databases = { from: { dataDir: from.dataDir, databasePoolSize: 1 }, to: target(to) };
  await withBoth(databases, context, async (source, there) => {
    const credentials = await checkCredentials(source, ring);
    const board = new ProgressBoard(context.terminal, context.runtime.clock);
    const { host, pathname } = new URL(url);
    const address = `${host}${pathname}`;
    const report = await transfer(source, there, {
      restart,
      noted: { from: from.dataDir, to: address },
      signal: context.runtime.signal,
      onProgress: (progress) => context.json || board.show([progressText(progress)]),
    }).finally(() => board.clear());
    const rows = report.tables.reduce((sum, table) => sum + table.rows, 0);
    const answer = {
      data_dir: from.dataDir,
      target: address,
      resumed: report.resumed,
      rows,
      tables: Object.fromEntries(report.tables.map((table) => [table.name, table.rows])),
      credentials,
      encryption_keys: ring && { ids: ring.ids, setting },
      warning: report.warning,
    };
    context.answer(answer, () => [
      ...renderFields(
        [
          ['copied', `${plural(rows, 'row')} in ${report.tables.length} tables, all compared`],
          ['from', `${from.dataDir}, which keeps everything`],
          ['to', answer.target],
          ['credentials', `${formatCount(credentials)}, which the keys below open`],
        ],
        context.terminal.style,
      ),
      '',
      'Start the server with these settings (API keys go on working):',
      '  DATABASE_URL=<the URL of the target>',
      ...(setting === null ? [] : [`  ${setting}`]),
    ]);
    if (report.warning !== null)
      context.note(context.terminal.noteStyle.warn(`warning: ${report.warning}`));
  });
}

function target(config: Config): DatabaseConfig {
  return { dataDir: '', databaseUrl: config.databaseUrl, databasePoolSize: 2 };
}

/** @throws AppError `data_directory_in_use` where a server runs on the source */
async function withBoth(
  { from, to }: { from: DatabaseConfig; to: DatabaseConfig },
  { runtime: { clock, signal } }: CliContext,
  work: (source: BackgroundDatabase, target: BackgroundDatabase) => Promise<void>,
): Promise<void> {
  const source = await openDatabase(from, { clock });
  try {
    const there = await openDatabase(to, { clock }).catch((error: unknown) => {
      // What that says about moving vectors would cost the target its own.
      throw error instanceof VectorsElsewhere
        ? targetNotEmpty(`rows already, with their vectors in ${error.store}`)
        : error;
    });
    try {
      await work(new BackgroundDatabase(source.database), new BackgroundDatabase(there.database));
    } finally {
      await there.database.close();
    }
  } catch (error) {
    // What was copied stays; the same command goes on with it.
    throw signal.aborted ? interrupted() : error;
  } finally {
    await source.database.close();
  }
}

function progressText({ phase, table, done, total }: TransferProgress): string {
  const share = total === 0 ? 1 : done / total;
  return `${phase}  ▕${bar(share)}▏ ${formatCount(done)}/${formatCount(total)} rows  ${table}`;
}
