import { rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { CliProcess, runCli, type Finished } from './cli-process.js';
import { sampleFolder } from './sample-folder.js';

let dataDir: string;
let folder: string;
let server: CliProcess;
let url: string;

beforeAll(async () => {
  dataDir = await migratedDataDirectory();
  folder = await sampleFolder();
  const env = { TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_FILES_ROOTS: folder };
  server = await CliProcess.serve(env);
  url = /"url":"([^"]+)"/.exec(server.stdout)?.[1] ?? '';
});

afterAll(async () => {
  await server.stop();
  for (const path of [dataDir, folder]) await rm(path, { recursive: true, force: true });
});

/** A command on the machine of the server, which finds it by the data directory. */
function tributary(...args: string[]): Promise<Finished> {
  return runCli(args, { env: { TRIBUTARY_DATA_DIR: dataDir } });
}

async function json<T>(...args: string[]): Promise<T> {
  const { exit, stdout, stderr } = await tributary(...args, '--json');
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

async function connect(name: string, ...options: string[]): Promise<Finished> {
  const target = ['--name', name, '--collection', name, '--schedule', 'none'];
  return tributary('connect', 'files', folder, ...target, ...options);
}

describe('the command line beside a running server', () => {
  it('attaches a folder, syncs it, and finds its text with its source', async () => {
    const { exit, stderr } = await connect('notes');
    expect(exit).toBe(0);
    expect(stderr).toContain('✓ notes 4 synced');
    const found = await tributary('search', 'when', 'to', 'water', '--collection', 'notes');
    expect(found).toMatchObject({ exit: 0, stderr: '' });
    expect(found.stdout.split('\n')[0]).toContain('Tomatoes › Watering');
    expect(found.stdout).toContain('Water tomatoes early in the morning.');
    expect(found.stdout).toContain(join(folder, 'garden', 'tomatoes.md'));

    const again = await json<{ status: string; counts: { unchanged: number } }[]>('sync', 'notes');
    expect(again).toMatchObject([{ status: 'success', counts: { unchanged: 4 } }]);
    const [run] = await json<{ id: string }[]>('runs', 'notes', '--limit', '1');
    const shown = await tributary('runs', 'show', run!.id.slice(0, 8));
    expect(shown.stdout).toContain('4 listed, 4 unchanged');
    expect(shown.stdout).toMatch(/kitchen +sweep +complete +2/);
  });

  it('lists documents with their ids at the source, and finds them by those', async () => {
    // Neither the title nor the address, where the blank is %20, has these words.
    const named = join(folder, 'kitchen', 'big menu.md');
    await writeFile(named, '# Dinner\n\nSoup, then cake.\n');
    try {
      await connect('named');
      const { stdout } = await tributary('documents', '--query', 'Big Menu');
      expect(stdout).toMatch(/^ID +TITLE +SOURCE ID +PARTITION/);
      expect(stdout).toMatch(/Dinner +kitchen\/big menu\.md +kitchen/);
      expect(stdout.trim().split('\n')).toHaveLength(2);
    } finally {
      await unlink(named);
    }
  });

  it('narrows a search by limit, mode and filters', async () => {
    await connect('filtered');
    const of = (...options: string[]) =>
      json<{ title: string }[]>('search', 'feed', '--collection', 'filtered', ...options);
    expect(await of('--limit', '1', '--mode', 'text')).toMatchObject([{ title: 'Sourdough' }]);
    expect(await of('--filter', 'container=garden', '--mode', 'text')).toEqual([]);
    expect(await of('--filter', 'provider=files', '--limit', '1')).toHaveLength(1);
  });

  it('pauses, resumes, checks and deletes a connection', async () => {
    await connect('temporary', '--no-sync');
    expect((await tributary('connections', 'pause', 'temporary')).exit).toBe(0);
    const refused = await tributary('sync', 'temporary');
    expect(refused).toMatchObject({ exit: 5, stdout: '' });
    expect(refused.stderr).toMatch(
      /^error: .*[^.] \(connection_paused\)\n.* resume \w{8}" .*\.\n$/,
    );
    expect((await tributary('connections', 'resume', 'temporary')).exit).toBe(0);
    expect((await tributary('connections', 'probe', 'temporary')).stdout).toMatch(/passed/);
    const twice = await connect('temporary');
    expect(twice).toMatchObject({ exit: 5 });
    expect((await tributary('connections', 'delete', 'temporary', '--purge')).exit).toBe(0);
    const { stdout } = await tributary('connections');
    expect(stdout).not.toContain('temporary');
  });

  it('exits with 8 for a run that left items out, and names them', async () => {
    const broken = join(folder, 'kitchen', 'menu.docx');
    await writeFile(broken, 'not a document');
    try {
      const { exit, stderr } = await connect('broken');
      expect(exit).toBe(8);
      const id = /tributary runs show (\w+)/.exec(stderr)?.[1] ?? '';
      const { stdout } = await tributary('runs', 'show', id);
      expect(stdout).toMatch(/kitchen\/menu\.docx +extract +\w+/);
    } finally {
      await unlink(broken);
    }
  });

  it('adds a memory from an argument or from standard input', async () => {
    const added = await json<{ id: string; category: string; container_tag: string }>(
      ...['add', 'Alex prefers dark mode', '--collection', 'people'],
      ...['--category', 'preference', '--importance', '0.9', '--tag', 'alex'],
    );
    expect(added).toMatchObject({ category: 'preference', container_tag: 'alex' });
    const env = { TRIBUTARY_DATA_DIR: dataDir };
    const input = 'Alex works in Lisbon\n';
    const piped = await runCli(['add', '-', '--collection', 'people'], { env, input });
    expect(piped).toMatchObject({ exit: 0, stderr: '' });
    const hits = await json<{ text: string }[]>('search', 'Lisbon', '--collection', 'people');
    expect(hits[0]).toMatchObject({ text: 'Alex works in Lisbon' });
  });

  it('makes keys that work elsewhere by URL, and takes them back', async () => {
    const key = await json<{ id: string; api_key: string }>(
      ...['keys', 'create', 'reader', '--scope', 'memory:read'],
    );
    const env = { TRIBUTARY_URL: url, TRIBUTARY_API_KEY: key.api_key };
    const cwd = folder;
    expect(await runCli(['connections', '--json'], { env, cwd })).toMatchObject({ exit: 0 });
    const write = await runCli(['add', 'x'], { env, cwd });
    expect(write).toMatchObject({ exit: 3, stdout: '' });
    expect(write.stderr).toMatch(/\(forbidden\)\n$/);
    expect((await tributary('keys', 'revoke', key.id.slice(0, 8))).exit).toBe(0);
    const dead = await runCli(['connections'], { env, cwd });
    expect(dead).toMatchObject({ exit: 3, stdout: '' });
    expect((await tributary('keys')).stdout).toMatch(/reader .*revoked/);
  });

  it('backs the database up while the server runs, for nobody but this machine', async () => {
    const target = join(dataDir, 'mine');
    const made = await tributary('backup', target);
    expect(made.exit).toBe(0);
    expect(made.stderr).toContain('key ring');
    expect((await stat(join(target, 'manifest.json'))).isFile()).toBe(true);
    const again = await tributary('backup', target);
    expect(again).toMatchObject({ exit: 1, stdout: '' });
    expect(again.stderr).toContain('(backup_failed)');

    const key = await json<{ api_key: string }>('keys', 'create', 'other', '--scope', 'admin');
    const answer = await fetch(`${url}/v1/memory/admin/backups`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.api_key}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect([answer.status, await answer.json()]).toMatchObject([403, { code: 'forbidden' }]);
  });

  it('keeps its own key from other users and prints it nowhere', async () => {
    const { mode } = await stat(join(dataDir, 'cli-key'));
    expect(mode & 0o777).toBe(0o600);
    const { stdout } = await tributary('keys');
    expect(stdout).toContain('command line of this machine');
    expect(stdout + server.stdout).not.toMatch(/mv_[\w-]{20,}.*command line/);
  });

  it('finds everything in order', async () => {
    await connect('checked', '--no-sync');
    const { exit, stdout } = await tributary('doctor');
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(stdout).toMatch(/^ok +server +version/m);
    expect(stdout).toMatch(/^ok +connection checked +files/m);
  });

  it('says what is wrong with a request', async () => {
    const long = await tributary('add', 'x'.repeat(10_001));
    expect(long).toMatchObject({ exit: 2, stdout: '' });
    expect(long.stderr).toMatch(/^error: text .*\(validation_failed\)\n$/);
    expect((await tributary('search', 'x', '--collection', 'none')).exit).toBe(4);
    expect((await tributary('sync', 'none')).stderr).toContain('(connection_not_found)');
    expect((await tributary('runs', 'show', 'ffffffff')).exit).toBe(4);
    const outside = await tributary('connect', 'files', dataDir, '--no-sync');
    expect(outside.exit).toBe(2);
    expect(outside.stderr).toContain('(path_not_allowed)');
    const key = await runCli(['runs', '--url', url, '--api-key', 'mv_wrong'], { cwd: folder });
    expect(key).toMatchObject({ exit: 3, stdout: '' });
    expect(key.stderr).toContain('(unauthorized)');
  });

  it('does not restore over a database that is in use', async () => {
    const target = join(dataDir, 'before-restore');
    expect((await tributary('backup', target)).exit).toBe(0);
    const refused = await tributary('restore', target, '--force');
    expect(refused).toMatchObject({ exit: 6, stdout: '' });
    expect(refused.stderr).toContain(`process ${server.pid}`);
    expect(refused.stderr).toContain('(data_directory_in_use)');
  });
});
