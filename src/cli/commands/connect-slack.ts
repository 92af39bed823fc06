import { readFile } from 'node:fs/promises';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { attach, type AttachOptions } from './attach.js';

export interface ConnectSlackOptions extends AttachOptions {
  token?: string;
  tokenFile?: string;
  include?: string[];
  exclude?: string[];
  allChannels?: boolean;
  files: boolean;
}

export async function connectSlack(
  context: CliContext,
  options: ConnectSlackOptions,
): Promise<void> {
  const { include, exclude, allChannels, files } = options;
  const config = {
    ...(include && { include }),
    ...(exclude && { exclude }),
    ...(allChannels && { channels: 'all' }),
    ...(!files && { files }),
  };
  const credentials = { bot_token: await readToken(context, options) };
  await attach(context, { provider: 'slack', config, credentials }, options, []);
}

/** Command lines can be seen by other users of the machine, so there are other ways. */
async function readToken(
  { runtime }: CliContext,
  { token, tokenFile }: ConnectSlackOptions,
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
