import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  emptyDataDirectory,
  migratedDataDirectory,
} from '../../support/data-directory-template.js';
import { CliProcess, runCli } from './cli-process.js';
import { sampleFolder } from './sample-folder.js';

interface DemoAnswer {
  url: string;
  api_key: string;
  run: { status: string; synced_count: number; counts: { unchanged: number } };
  searches: { query: string; hits: { text: string; url: string }[] }[];
}

const folders: string[] = [];

afterAll(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

async function kept(folder: Promise<string>): Promise<string> {
  folders.push(await folder);
  return folder;
}

describe('the demo', () => {
  it('syncs the documentation and a Slack workspace, searches both and ends', async () => {
    const dataDir = join(await kept(emptyDataDirectory()), 'demo');
    const { exit, stdout, stderr } = await runCli(['demo', '--exit', '--data-dir', dataDir]);
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    expect(stderr).toMatch(/✓ server at http:\/\/127\.0\.0\.1:\d+ ready/);
    expect(stderr).toMatch(/✓ .*docs \d+ synced/);
    expect(stderr).toMatch(/✓ slack \d+ synced/);
    expect(stdout.match(/^\? /gm)).toHaveLength(4);
    expect(stdout).toContain('#engineering › Which queue do we take for the order events');
    expect(stdout).toMatch(/^API key +mv_/m);
    expect(stdout).toMatch(/^curl -s http/m);
    // The log is in its file, and nowhere else.
    expect(stdout + stderr).not.toContain('"level"');
    expect(await readFile(join(dataDir, 'logs', 'demo.log'), 'utf8')).toContain('"run ended"');
  });

  it('finds its own questions to another folder, and knows it the second time', async () => {
    const dataDir = await kept(migratedDataDirectory());
    const folder = await kept(sampleFolder());
    const demo = async (): Promise<DemoAnswer> => {
      const args = ['demo', folder, '--exit', '--json', '--data-dir', dataDir];
      const { exit, stdout, stderr } = await runCli(args);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
      return JSON.parse(stdout) as DemoAnswer;
    };
    const first = await demo();
    expect(first.run).toMatchObject({ status: 'success', synced_count: 4 });
    expect(first.searches).toHaveLength(3);
    const feeding = first.searches.find(({ query }) => query === 'Feeding the starter');
    expect(feeding?.hits[0]?.url).toContain('sourdough.md');
    expect((await demo()).run.counts).toMatchObject({ unchanged: 4 });
  });

  it('stays up for its curl line until Ctrl-C, and keeps its directory to itself', async () => {
    const dataDir = await kept(migratedDataDirectory());
    const folder = await kept(sampleFolder());
    const args = ['demo', folder, '--data-dir', dataDir];
    const demo = new CliProcess(args);
    try {
      await demo.shows('Press Ctrl-C');
      const [, url = '', key = '', body = ''] =
        /curl -s (\S+) -H 'Authorization: Bearer (\S+)' [^]*-d '([^']+)'/.exec(demo.stdout) ?? [];
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      expect(await answer.json()).not.toEqual([]);

      const second = await runCli([...args, '--exit']);
      expect(second).toMatchObject({ exit: 6, stdout: '' });
      expect(second.stderr).toContain(`in use by process ${demo.pid}`);
    } finally {
      demo.kill('SIGINT');
    }
    expect(await demo.end()).toMatchObject({ exit: 0 });
    const next = await runCli([...args, '--exit']);
    expect(next.exit).toBe(0);
  });

  it('ends at once when it is interrupted on the way', async () => {
    const dataDir = await kept(migratedDataDirectory());
    const demo = new CliProcess(['demo', '--data-dir', dataDir]);
    await demo.shows('✓ server at');
    demo.kill('SIGINT');
    const { exit, stderr } = await demo.end();
    expect(exit).toBe(130);
    expect(stderr).not.toContain('error');
  });
});
