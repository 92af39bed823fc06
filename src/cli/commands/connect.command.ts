import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { renderFields } from '../output/table.js';
import { collect, wholeNumber } from '../option-parsers.js';
import type { Invoke } from '../program.js';
import { describeSchedule } from './describe-connection.js';
import { syncAndFollow } from './sync.command.js';

const DEFAULT_MINUTES = 30;
const MOST_MINUTES = 43_200;

interface ConnectFilesOptions {
  name?: string;
  collection: string;
  schedule: number | 'none';
  include?: string[];
  exclude?: string[];
  sync: boolean;
}

export function registerConnect(program: Command, invoke: Invoke): void {
  const connect = program.command('connect').description('attach a source and sync it');
  connect
    .command('files')
    .summary('attach a folder of files')
    .description(
      'Attach a folder of Markdown, text, HTML, CSV, PDF, DOCX, XLSX and PPTX files and sync it. ' +
        'The folder must lie within TRIBUTARY_FILES_ROOTS of the server ' +
        '(by default the home and the working directory).',
    )
    .argument('<path>', 'the folder')
    .option('--name <name>', 'name of the connection (default: name of the folder)')
    .option('--collection <name>', 'collection to write to', 'default')
    .option(
      '--schedule <minutes>',
      'sync every so many minutes while a server runs, or "none"',
      parseSchedule,
      DEFAULT_MINUTES,
    )
    .option('--include <pattern>', 'only files that match, as in .gitignore (repeatable)', collect)
    .option('--exclude <pattern>', 'leave out, as in .gitignore (repeatable)', collect)
    .option('--no-sync', 'attach only')
    .action(invoke<[string], ConnectFilesOptions>(connectFiles));
}

async function connectFiles(
  context: CliContext,
  [typed]: [string],
  options: ConnectFilesOptions,
): Promise<void> {
  const { name, collection, schedule, include, exclude } = options;
  const path = await existingFolder(typed);
  await context.withServer({ workers: options.sync, mayCreate: true }, async (server) => {
    const connection = await server.api.createConnection({
      provider: 'files',
      name,
      collection,
      config: { path, ...(include && { include }), ...(exclude && { exclude }) },
      schedule: schedule === 'none' ? null : { every_minutes: schedule },
    });
    const fields: [string, string][] = [
      ['connection', `${connection.name} (${connection.id})`],
      ['folder', path],
      ['collection', connection.collection],
      ['schedule', describeSchedule(connection.schedule)],
    ];
    if (!options.sync) {
      context.answer(connection, () => renderFields(fields, context.terminal.style));
      return;
    }
    for (const line of renderFields(fields, context.terminal.noteStyle)) context.note(line);
    await syncAndFollow(context, server, [connection]);
  });
}

/** Relative paths mean the caller's folder, which a running server does not know. */
async function existingFolder(typed: string): Promise<string> {
  const path = resolve(typed);
  const found = await stat(path).catch(() => null);
  if (!found) throw usageError(`there is no folder ${path}`);
  if (!found.isDirectory()) throw usageError(`${path} is not a folder`);
  return realpath(path);
}

function parseSchedule(text: string): number | 'none' {
  return text === 'none' ? text : wholeNumber(1, MOST_MINUTES)(text);
}
