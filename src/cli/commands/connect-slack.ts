import type { CliContext } from '../context.js';
import { attach, type AttachOptions } from './attach.js';
import { readSlackToken, type SlackTokenOptions } from './slack-token.js';

export interface ConnectSlackOptions extends AttachOptions, SlackTokenOptions {
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
  const credentials = { bot_token: await readSlackToken(context, options) };
  await attach(context, { provider: 'slack', config, credentials }, options, []);
}
