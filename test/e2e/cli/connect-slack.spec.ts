import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { CliProcess, runCli } from './cli-process.js';

/** The README's line, which this file runs. */
const LINE = 'tributary connect slack --token-file slack-token.txt --collection team';

describe('a Slack workspace on the command line', () => {
  let slack: SlackSimulator;
  let dataDir: string;
  let server: CliProcess;

  beforeAll(async () => {
    slack = await startSlackSimulator({ seed: 7, channels: 4, messages: 120, clock: 'real' });
    dataDir = await migratedDataDirectory();
    const env = { TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_SLACK_API_URL: slack.apiUrl };
    server = await CliProcess.serve(env);
    const file = join(dataDir, 'slack-token.txt');
    await writeFile(file, `${slack.token}\n`);
    await chmod(file, 0o600);
  });

  afterAll(async () => {
    await server.stop();
    await slack.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const tributary = (args: readonly string[], env: Record<string, string> = {}) =>
    runCli(args, { cwd: dataDir, env: { TRIBUTARY_DATA_DIR: dataDir, ...env } });

  it('is attached, synced and found, and its token shows nowhere', async () => {
    const [, ...args] = LINE.split(' ');
    const { exit, stdout, stderr } = await tributary(args);
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    expect(stderr).toMatch(/✓ .* \d+ synced/);
    const [message] = slack.truth().messages.filter(({ text }) => text.length > 40);
    const found = await tributary(['search', message!.text, '--collection', 'team']);
    expect(found.exit).toBe(0);
    expect(found.stdout).toContain('slack.com/archives/');
    expect(stdout + stderr + found.stdout + server.stdout + server.stderr).not.toContain(
      slack.token,
    );
    expect(slack.violations).toEqual([]);
  });

  it.each([
    ['no token', [], {}, 2, 'give the bot token'],
    ['two tokens', ['--token', 'xoxb-1', '--token-file', 'slack-token.txt'], {}, 2, 'give one of'],
    ['a missing file', ['--token-file', 'nowhere.txt'], {}, 2, 'cannot be read'],
    ['a token that Slack refuses', [], { SLACK_BOT_TOKEN: 'xoxb-0-wrong' }, 2, 'probe_failed'],
  ])('is not attached with %s', async (_, args, env, code, message) => {
    const refused = await tributary(['connect', 'slack', ...args], env);
    expect(refused.stderr).toContain(message);
    expect(refused.exit).toBe(code);
  });

  it('is not attached twice; the command that takes another token is named', async () => {
    const [, ...args] = LINE.split(' ');
    const refused = await tributary(args);
    expect(refused).toMatchObject({ exit: 5, stdout: '' });
    expect(refused.stderr).toMatch(
      /^error: .* \(connection_exists\)\n"tributary connections credentials \w{8}" .*\n$/,
    );
  });
});
