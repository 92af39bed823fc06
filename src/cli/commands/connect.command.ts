import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { collect } from '../option-parsers.js';
import type { Invoke } from '../program.js';
import { addAttachOptions, attach, type AttachOptions } from './attach.js';
import { connectSlack, type ConnectSlackOptions } from './connect-slack.js';
import { addSlackTokenOptions } from './slack-token.js';

interface ConnectFilesOptions extends AttachOptions {
  include?: string[];
  exclude?: string[];
}

export function registerConnect(program: Command, invoke: Invoke): void {
  const connect = program.command('connect').description('attach a source and sync it');
  addAttachOptions(connect.command('files'), 'name of the folder')
    .summary('attach a folder of files')
    .description(
      'Attach a folder of Markdown, text, HTML, CSV, PDF, DOCX, XLSX and PPTX files and sync it. ' +
        'The folder must lie within TRIBUTARY_FILES_ROOTS of the server ' +
        '(by default the home and the working directory).',
    )
    .argument('<path>', 'the folder')
    .option('--include <pattern>', 'only files that match, as in .gitignore (repeatable)', collect)
    .option('--exclude <pattern>', 'leave out, as in .gitignore (repeatable)', collect)
    .action(invoke<[string], ConnectFilesOptions>(connectFiles));
  addSlackTokenOptions(addAttachOptions(connect.command('slack'), 'name of the workspace'))
    .summary('attach a Slack workspace')
    .description(
      'Attach a Slack workspace by the bot token of an app (docs/guides/connect-slack.md) and sync ' +
        'the channels that the bot is in. Without --token and --token-file the token is read from ' +
        'SLACK_BOT_TOKEN.',
    )
    .option('--include <channel>', 'only these channels: id, name or pattern (repeatable)', collect)
    .option('--exclude <channel>', 'leave out: id, name or pattern (repeatable)', collect)
    .option('--all-channels', 'list every public channel, too, not only those the bot is in')
    .option('--no-files', 'leave the text of files out')
    .action(
      invoke<[], ConnectSlackOptions>((context, _, options) => connectSlack(context, options)),
    );
}

async function connectFiles(
  context: CliContext,
  [typed]: [string],
  options: ConnectFilesOptions,
): Promise<void> {
  const { include, exclude } = options;
  const path = await existingFolder(typed);
  const config = { path, ...(include && { include }), ...(exclude && { exclude }) };
  await attach(context, { provider: 'files', config }, options, [['folder', path]]);
}

/** Relative paths mean the caller's folder, which a running server does not know. */
async function existingFolder(typed: string): Promise<string> {
  const path = resolve(typed);
  const found = await stat(path).catch(() => null);
  if (!found) throw usageError(`there is no folder ${path}`);
  if (!found.isDirectory()) throw usageError(`${path} is not a folder`);
  return realpath(path);
}
