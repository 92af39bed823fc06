import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { projectRoot } from '../../common/compiled.js';
import { Secret } from '../../common/secret.js';

const SIMULATOR = join(projectRoot, 'dist', 'test', 'simulators', 'main.js');
const WORKSPACE = ['--channels', '8', '--messages', '800', '--days', '120'];

export const SLACK_QUESTION = 'Why did we take PostgreSQL for the order events?';

/** A generated workspace behind Slack's wire protocol, in a process of its own. */
export interface DemoSlack {
  apiUrl: string;
  token: Secret<string>;
  close: () => Promise<void>;
}

const Started = z.object({ api_url: z.url(), token: z.string() });

/** null where the simulator is not installed (it comes with a clone, not with an image). */
export async function startDemoSlack(): Promise<DemoSlack | null> {
  if (!existsSync(SIMULATOR)) return null;
  // The channel of `fork` tells the simulator when this process is gone, however it ended.
  const child = fork(
    SIMULATOR,
    ['slack', '--port', '0', '--control-port', '0', '--json', ...WORKSPACE],
    { stdio: ['ignore', 'pipe', 'ignore', 'ipc'], execArgv: [] },
  );
  const ended = once(child, 'exit');
  for await (const line of createInterface(child.stdout!)) {
    const { api_url: apiUrl, token } = Started.parse(JSON.parse(line));
    child.stdout!.resume();
    return {
      apiUrl,
      token: new Secret(token),
      close: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error('the Slack simulator ended before it had started');
}
