import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOLD_ALL_COUNT } from '../../../src/sync/deletions/hold-rule.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { CliProcess, runCli, type Finished } from './cli-process.js';

/** The guides' lines, which this file runs. */
const REJECT = 'tributary deletions reject notes';
const CONFIRM = 'tributary deletions confirm notes';

const COUNT = HOLD_ALL_COUNT + 2;
const HINT =
  /"tributary (deletions confirm \w{8})" hides them, "tributary (deletions reject \w{8})" keeps them/;

describe('held deletions on the command line', () => {
  let dataDir: string;
  let folder: string;
  let server: CliProcess;

  beforeAll(async () => {
    dataDir = await migratedDataDirectory();
    folder = await realpath(await mkdtemp(join(tmpdir(), 'tributary-cli-held-')));
    const env = { TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_FILES_ROOTS: folder };
    server = await CliProcess.serve(env);
    await mkdir(join(folder, 'team'));
    for (let n = 0; n < COUNT; n += 1)
      await writeFile(join(folder, 'team', `${n}.md`), `Fact number ${n} of the team.`);
    const attached = await tributary(
      ...['connect', 'files', folder, '--name', 'notes', '--schedule', 'none'],
    );
    expect(attached).toMatchObject({ exit: 0 });
    await rm(join(folder, 'team'), { recursive: true });
  });

  afterAll(async () => {
    await server.stop();
    for (const path of [dataDir, folder]) await rm(path, { recursive: true, force: true });
  });

  function tributary(...args: string[]): Promise<Finished> {
    return runCli(args, { env: { TRIBUTARY_DATA_DIR: dataDir } });
  }

  const typed = (line: string) => tributary(...line.split(' ').slice(1));
  const latestRun = async () => {
    const { stdout } = await tributary('runs', 'notes', '--limit', '1', '--json');
    const [run] = JSON.parse(stdout) as { id: string; held_deletions: unknown }[];
    return run!;
  };
  const found = async () => {
    const { stdout } = await tributary('search', 'fact of the team', '--limit', '50', '--json');
    return (JSON.parse(stdout) as unknown[]).length;
  };

  it('are shown with the commands that settle them', async () => {
    const { exit, stderr } = await tributary('sync', 'notes');
    expect(exit).toBe(8);
    expect(stderr).toContain(`${COUNT} deletions held back for confirmation`);
    expect(stderr).toMatch(HINT);
    const { id } = await latestRun();
    expect((await tributary('runs', 'show', id)).stdout).toMatch(HINT);
    expect((await tributary('runs', 'watch', id)).stderr).toMatch(HINT);
    const why = (await tributary('runs', 'explain', id)).stdout;
    expect(why).toMatch(HINT);
    expect(why).not.toContain('POST');
    for (const name of ['team/0.md', join(folder, 'team/0.md')])
      expect((await tributary('documents', 'explain', name)).stdout).toMatch(HINT);
    const asked = await tributary('documents', 'explain', join(folder, 'team/0.md'), '--ask');
    expect(asked).toMatchObject({ exit: 2, stdout: '' });
    expect(asked.stderr).toContain('--ask needs the id at the source');
    expect(await found()).toBe(COUNT);
  });

  it('are kept by a rejection, until a run holds them again', async () => {
    const rejected = await typed(REJECT);
    expect(rejected).toMatchObject({ exit: 0, stderr: '' });
    expect(rejected.stdout).toMatch(new RegExp(`^notes: ${COUNT} documents kept`));
    const { id, held_deletions: held } = await latestRun();
    expect(held).toBeNull();
    expect((await tributary('runs', 'show', id)).stdout).not.toContain('held back');
    const again = await typed(REJECT);
    expect(again).toMatchObject({ exit: 5, stdout: '' });
    expect(again.stderr).toMatch(/^error: .* \(no_held_deletions\)\n$/);
    expect((await tributary('sync', 'notes')).stderr).toMatch(HINT);
    const [, , reject] = HINT.exec((await tributary('sync', 'notes')).stderr)!;
    const { exit, stdout } = await tributary(...reject!.split(' '), '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ deleted: 0, lost_access: 0, kept: COUNT });
    expect(await found()).toBe(COUNT);
  });

  it('are hidden by a confirmation', async () => {
    await tributary('sync', 'notes');
    const confirmed = await typed(CONFIRM);
    expect(confirmed).toMatchObject({ exit: 0, stderr: '' });
    expect(confirmed.stdout).toMatch(new RegExp(`^notes: ${COUNT} documents hidden`));
    expect(await found()).toBe(0);
    const again = await tributary('deletions', 'confirm', 'notes', '--json');
    expect(again).toMatchObject({ exit: 5, stdout: '' });
    expect(again.stderr).toMatch(/\(no_held_deletions\)\n$/);
    expect(await tributary('sync', 'notes')).toMatchObject({ exit: 0 });
  });

  it('are looked for at a connection that there is', async () => {
    const missing = await tributary('deletions', 'confirm', 'nowhere');
    expect(missing).toMatchObject({ exit: 4, stdout: '' });
    expect(missing.stderr).toContain('(connection_not_found)');
    expect((await tributary('deletions', 'confirm')).exit).toBe(2);
  });
});
