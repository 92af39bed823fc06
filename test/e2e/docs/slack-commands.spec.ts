import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { CliProcess, runCli } from '../cli/cli-process.js';

/** The guides' lines, which this file runs against a simulator on ports of its own. */
const START = 'TRIBUTARY_SLACK_API_URL=http://127.0.0.1:4703/api/ npm start';
const ATTACH = 'tributary connect slack --token xoxb-...';
const ATTACH_BY_HTTP = String.raw`
curl -X POST "$TRIBUTARY_URL/v1/memory/connections" \
  -H "Authorization: Bearer $TRIBUTARY_API_KEY" -H "Content-Type: application/json" \
  -d '{"provider": "slack", "credentials": {"bot_token": "xoxb-..."}, "config": {"exclude": ["random"]}}'
`;
const POST = `curl -d '{"op": "post", "channel": "general", "text": "The ferry leaves at 17:40"}' http://127.0.0.1:4704/mutate`;
const DELETE = `curl -d '{"op": "delete", "channel": "general", "ts": "1793610000.000100"}' http://127.0.0.1:4704/mutate`;
const BREAK = `curl -d '{"do": 503, "match": {"method": "conversations.history", "nth": 2}, "times": 3}' http://127.0.0.1:4704/faults`;

const API_KEY = 'mv_slack_guide_0123456789';
const SIMULATORS = join('..', 'test', 'simulators', 'main.js');
const SMALL = ['--port', '0', '--control-port', '0', '--channels', '3', '--messages', '60'];

describe('commands of the Slack guides', () => {
  let simulator: CliProcess;
  let server: CliProcess;
  let dataDir: string;
  let token: string;
  let api: string;
  let control: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    dataDir = await migratedDataDirectory();
    simulator = new CliProcess(['slack', ...SMALL], { program: SIMULATORS });
    await simulator.shows('Stop with');
    const shown = (label: string) => new RegExp(`${label} +(\\S+)`).exec(simulator.stdout)![1]!;
    [api, token, control] = [shown('API'), shown('token'), shown('control')];
    server = await CliProcess.serve({
      TRIBUTARY_DATA_DIR: dataDir,
      TRIBUTARY_SLACK_API_URL: api,
      TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY,
    });
    const url = /"url":"([^"]+)"/.exec(server.stdout)?.[1] ?? '';
    env = { TRIBUTARY_URL: url, TRIBUTARY_API_KEY: API_KEY };
  });
  afterAll(async () => {
    await server.stop();
    await simulator.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function shell(lines: string): Promise<Record<string, unknown>> {
    const script = `curl() { command curl --silent --show-error --fail-with-body "$@"; }\n${lines}`;
    const options = { env: { ...process.env, ...env } };
    const { stdout } = await promisify(execFile)('bash', ['-euc', script], options);
    return JSON.parse(stdout) as Record<string, unknown>;
  }
  const controlled = (line: string) => shell(line.replace('http://127.0.0.1:4704', control));

  it('are those that the simulator prints, with its own address and token', () => {
    const lines = simulator.stdout.split('\n').map((line) => line.trim());
    expect(lines).toContain(START.replace('http://127.0.0.1:4703/api/', api));
    expect(lines).toContain(ATTACH.replace('xoxb-...', token));
  });

  it('attach the workspace over HTTP and on the command line', async () => {
    const made = await shell(ATTACH_BY_HTTP.replace('xoxb-...', token));
    expect(made).toMatchObject({ provider: 'slack', config: { exclude: ['random'] } });
    const headers = { authorization: `Bearer ${API_KEY}` };
    const connection = `${env['TRIBUTARY_URL']}/v1/memory/connections/${made['id'] as string}`;
    expect((await fetch(connection, { method: 'DELETE', headers })).status).toBe(200);
    const attached = await runCli(ATTACH.replace('xoxb-...', token).split(' ').slice(1), { env });
    expect(attached).toMatchObject({ exit: 0, stderr: expect.stringMatching(/✓ .* synced/) });
  });

  it('change the workspace and break its answers', async () => {
    const posted = await controlled(POST);
    expect(posted).toEqual({ ts: expect.any(String) });
    await controlled(DELETE.replace('1793610000.000100', posted['ts'] as string));
    expect(await controlled(BREAK)).toEqual({ id: expect.any(Number) });
  });
});
