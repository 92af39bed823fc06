import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';

export interface SlackTokenOptions {
  token?: string;
  tokenFile?: string;
}

/** The options with which a command takes a bot token. */
export function addSlackTokenOptions(command: Command): Command {
  return command
    .option('--token <token>', 'bot token, xoxb-...; "-" reads it from standard input')
    .option('--token-file <path>', 'file that holds the token');
}

/** Command lines can be seen by other users of the machine, so there are other ways. */
export async function readSlackToken(
  { runtime }: CliContext,
  { token, tokenFile }: SlackTokenOptions,
): Promise<string> {
  if (token !== undefined && tokenFile !== undefined)
    throw usageError('give one of --token and --token-file');
  const given = await (async () => {
    if (token === '-') return runtime.readStdin();
    if (tokenFile !== undefined) return readTokenFile(tokenFile);
    return token ?? runtime.env['SLACK_BOT_TOKEN'] ?? '';
  })();
  if (given.trim() === '')
    throw usageError('give the bot token by --token, --token-file or SLACK_BOT_TOKEN');
  return given.trim();
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw usageError(`${path} cannot be read: ${(cause as Error).message}`);
  }
}
