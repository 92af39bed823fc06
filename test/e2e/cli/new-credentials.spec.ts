import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startSlackSimulator,
  type SlackSimulator,
} from '../../simulators/slack/slack-simulator.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { CliProcess, runCli } from './cli-process.js';

/** The guide's line, which this file runs. */
const LINE = 'tributary connections credentials team --token-file slack-token.txt';

describe('new credentials on the command line', () => {
  let slack: SlackSimulator;
  let dataDir: string;
  let server: CliProcess;
  let documents: number;

  beforeAll(async () => {
    slack = await startSlackSimulator({ seed: 7, channels: 2, messages: 60, clock: 'real' });
    dataDir = await migratedDataDirectory();
    const env = {
      TRIBUTARY_DATA_DIR: dataDir,
      TRIBUTARY_SLACK_API_URL: slack.apiUrl,
      TRIBUTARY_FILES_ROOTS: dataDir,
    };
    server = await CliProcess.serve(env);
    const options = ['--token', slack.token, '--name', 'team', '--schedule', 'none'];
    expect((await tributary(['connect', 'slack', ...options])).exit).toBe(0);
    documents = (await shown()).document_count;
    slack.mutate({ op: 'revoke_token' });
    expect((await tributary(['sync', 'team'])).exit).toBe(7);
  });

  afterAll(async () => {
    await server.stop();
    await slack.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const tributary = (
    args: readonly string[],
    { input, env = {} }: { input?: string; env?: Record<string, string> } = {},
  ) => runCli(args, { cwd: dataDir, input, env: { TRIBUTARY_DATA_DIR: dataDir, ...env } });
  const renew = (args: readonly string[], more?: Parameters<typeof tributary>[1]) =>
    tributary(['connections', 'credentials', 'team', ...args], more);
  const shown = async () => {
    const { stdout } = await tributary(['connections', '--json']);
    const all = JSON.parse(stdout) as { name: string; status: string; document_count: number }[];
    return all.find(({ name }) => name === 'team')!;
  };

  it('are asked for where a run says that it needs them', async () => {
    expect(await shown()).toMatchObject({ status: 'needs_auth' });
    const { stdout } = await tributary(['runs', '--limit', '1', '--json']);
    const [run] = JSON.parse(stdout) as { id: string }[];
    const why = await tributary(['runs', 'explain', run!.id]);
    expect(why.stdout).toMatch(/"tributary connections credentials \w{8}"/);
    const idle = await tributary(['sync']);
    expect(idle.exit).toBe(4);
    expect(idle.stderr).toContain('team (needs_auth)');
    expect(idle.stderr).toContain('"tributary connections credentials team"');
  });

  it.each([
    ['is none', () => [], 'give the bot token'],
    ['is given twice', () => ['--token', 'xoxb-1', '--token-file', 'x.txt'], 'give one of'],
    ['Slack refuses', () => ['--token', slack.token], '(probe_failed)'],
    [
      'is another workspace’s',
      () => ['--token', slack.addWorkspace({ seed: 8, channels: 1, messages: 0 }).token],
      '(invalid_config)',
    ],
  ])('are not taken where the token %s', async (_, args, message) => {
    const refused = await renew(args());
    expect(refused).toMatchObject({ exit: 2, stdout: '' });
    expect(refused.stderr).toContain(message);
    expect(refused.stderr).not.toContain('simulated');
    expect(await shown()).toMatchObject({ status: 'needs_auth' });
  });

  it('are not taken by a connection that has none', async () => {
    const folder = ['connect', 'files', dataDir, '--name', 'folder', '--no-sync'];
    expect((await tributary(folder)).exit).toBe(0);
    const refused = await tributary(['connections', 'credentials', 'folder', '--token', 'xoxb-1']);
    expect(refused).toMatchObject({ exit: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^error: .*files.* \(usage_error\)/);
    expect((await tributary(['connections', 'credentials', 'none'])).exit).toBe(4);
  });

  it('let the connection go on with what it has', async () => {
    const token = slack.issueToken();
    await writeFile(join(dataDir, 'slack-token.txt'), `${token}\n`);
    const [, ...args] = LINE.split(' ');
    const { exit, stdout, stderr } = await tributary(args);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toBe('team is active with the new credentials, only when asked\n');
    expect(await shown()).toMatchObject({ status: 'active', document_count: documents });
    expect(await tributary(['sync', 'team'])).toMatchObject({ exit: 0 });
    expect(stdout + server.stdout + server.stderr).not.toContain(token);
  });

  it('come from standard input or the environment, too', async () => {
    const input = `${slack.issueToken()}\n`;
    const piped = await renew(['--token', '-', '--json'], { input });
    expect(piped).toMatchObject({ exit: 0, stderr: '' });
    expect(JSON.parse(piped.stdout)).toMatchObject({ name: 'team', status: 'active' });
    expect(piped.stdout).not.toContain(input.trim());
    const env = { SLACK_BOT_TOKEN: slack.issueToken() };
    expect(await renew([], { env })).toMatchObject({ exit: 0 });
    slack.mutate({ op: 'revoke_token', token: input.trim() });
    expect(await tributary(['sync', 'team'])).toMatchObject({ exit: 0 });
  });

  it('leave a paused connection paused, and say so', async () => {
    expect((await tributary(['connections', 'pause', 'team'])).exit).toBe(0);
    const { exit, stdout } = await renew(['--token', slack.issueToken()]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^team has the new credentials and is paused; .*connections resume/);
  });
});
