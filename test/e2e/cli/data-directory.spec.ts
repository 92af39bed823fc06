import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataPaths } from '../../../src/database/embedded/data-directory.js';
import {
  emptyDataDirectory,
  migratedDataDirectory,
} from '../../support/data-directory-template.js';
import { runCli, type Finished } from './cli-process.js';
import { sampleFolder } from './sample-folder.js';

const folders: string[] = [];
let folder: string;

beforeAll(async () => {
  folder = await sampleFolder();
  folders.push(folder);
});

afterAll(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

async function newDirectory(): Promise<(...args: string[]) => Promise<Finished>> {
  const dataDir = await migratedDataDirectory();
  folders.push(dataDir);
  const env = { TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_FILES_ROOTS: folder };
  return (...args) => runCli(args, { env });
}

describe('the command line without a server', () => {
  it('opens the data directory itself, and a restore brings back what a backup holds', async () => {
    const tributary = await newDirectory();
    const target = await mkdtemp(join(tmpdir(), 'tributary-backup-'));
    folders.push(target);

    const connected = await tributary('connect', 'files', folder, '--name', 'notes', '--json');
    expect(connected.exit).toBe(0);
    expect(connected.stderr).toBe('');
    expect(JSON.parse(connected.stdout)).toMatchObject([{ status: 'success', synced_count: 4 }]);
    expect((await tributary('backup', target)).exit).toBe(0);
    expect((await tributary('add', 'written after the backup')).exit).toBe(0);

    const careless = await tributary('restore', target);
    expect(careless).toMatchObject({ exit: 5, stdout: '' });
    expect(careless.stderr).toMatch(/^error: .+ holds a database already \(database_exists\)$/m);
    expect(careless.stderr).toContain('--force');
    const restored = await tributary('restore', target, '--force', '--json');
    expect(restored.exit).toBe(0);
    const { previous, warning } = JSON.parse(restored.stdout) as Record<string, string>;
    expect(existsSync(previous!)).toBe(true);
    expect(warning).toContain('key ring');

    const after = await tributary('search', 'water tomatoes', '--limit', '1', '--json');
    expect(JSON.parse(after.stdout)).toMatchObject([{ title: 'Tomatoes' }]);
    const gone = await tributary('search', 'written after the backup', '--mode', 'text', '--json');
    expect(JSON.parse(gone.stdout)).toEqual([]);
  });

  it('exits with 7 when a run ends with an error', async () => {
    const tributary = await newDirectory();
    const vanishing = await sampleFolder();
    folders.push(vanishing);
    const env = { TRIBUTARY_FILES_ROOTS: vanishing };
    const dataDir = await migratedDataDirectory();
    folders.push(dataDir);
    const run = (...args: string[]) =>
      runCli([...args, '--data-dir', dataDir], { env: { ...env } });
    // Without a schedule, no run of its own comes first and pauses the connection.
    const target = ['--name', 'v', '--no-sync', '--schedule', 'none'];
    expect((await run('connect', 'files', vanishing, ...target)).exit).toBe(0);
    await rm(vanishing, { recursive: true });
    const { exit, stderr } = await run('sync', 'v');
    expect(exit).toBe(7);
    expect(stderr).toContain('✗ v error');
    const idle = await run('sync');
    expect(idle.exit).toBe(4);
    expect(idle.stderr).toMatch(/^error: no connection is active: v \(paused\) /);
    expect(idle.stderr).toContain('tributary connections resume v');
    const paused = await run('sync', 'v');
    expect(paused.exit).toBe(5);
    expect(paused.stderr).toMatch(/connection_paused\)\n"tributary connections resume \w{8}"/);
    expect((await tributary('sync')).stderr).toContain('there is no connection yet');
  });

  it('says of a directory that it cannot write to why, and what to do', async () => {
    const dataDir = await migratedDataDirectory();
    folders.push(dataDir);
    await rm(join(dataDir, 'logs'), { recursive: true, force: true });
    await writeFile(join(dataDir, 'logs'), 'in its place');
    const { exit, stderr } = await runCli(['connections', '--data-dir', dataDir]);
    expect(exit).toBe(2);
    expect(stderr).toMatch(
      /^error: The data directory .* cannot be used: .* \(configuration_invalid\)/,
    );
  });

  it('checks everything, and does not fail because there is nothing yet', async () => {
    const dataDir = join(await emptyDataDirectory(), 'new');
    folders.push(join(dataDir, '..'));
    const env = { TRIBUTARY_DATA_DIR: dataDir, PORT: `${await freePort()}` };
    const { exit, stdout } = await runCli(['doctor', '--json'], { env });
    expect(exit).toBe(0);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string }[] };
    expect(ok).toBe(true);
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['node', 'disk space', 'embedding model', 'port', 'database']),
    );
    expect(existsSync(dataDir)).toBe(false);
  });

  it('finds wrong settings, a missing model and a database that does not answer', async () => {
    const wrong = await runCli(['doctor'], { env: { PORT: 'many' } });
    expect(wrong.exit).toBe(1);
    expect(wrong.stdout).toMatch(/^fail +configuration +.*PORT.*\(configuration_invalid\)/m);
    const env = {
      DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/none`,
      TRIBUTARY_EMBEDDING_MODEL: './no-model',
    };
    const { exit, stdout } = await runCli(['doctor'], { env });
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^fail +database +.*\(database_unavailable\)/m);
    expect(stdout).toMatch(/^fail +embedding model +.*\(model_unusable\)/m);
  });

  it('names the way back from a database that is damaged, and goes it', async () => {
    const dataDir = await migratedDataDirectory();
    folders.push(dataDir);
    const env = { TRIBUTARY_DATA_DIR: dataDir, PORT: '0' };
    const way = '"tributary restore latest --force"';
    expect((await runCli(['backup'], { env })).exit).toBe(0);
    const { database } = dataPaths(dataDir);

    await rm(join(database, 'global', 'pg_control'));
    const sick = await runCli(['doctor'], { env });
    expect(sick.exit).toBe(1);
    expect(sick.stdout).toMatch(/^fail +database +.*\(database_unavailable\)$/m);
    expect(sick.stdout).toContain(way);
    await rm(join(database, 'PG_VERSION'));
    for (const program of [join('cli', 'main.js'), 'main.js']) {
      const args = program === 'main.js' ? [] : ['serve'];
      const { exit, stderr } = await runCli(args, { env, program });
      expect(exit).toBe(6);
      expect(stderr).toMatch(/^error: [^\n]+ PG_VERSION[^\n]+ \(database_unavailable\)\n$/);
      expect(stderr).toContain(way);
    }
    expect((await runCli(['restore', 'latest', '--force'], { env })).exit).toBe(0);
    expect((await runCli(['search', 'x'], { env })).exit).toBe(0);
  });

  it('does not invent a data directory, and names a server that does not answer', async () => {
    const dataDir = join(folder, 'none');
    const none = await runCli(['search', 'x', '--data-dir', dataDir]);
    expect(none).toMatchObject({ exit: 4, stdout: '' });
    expect(none.stderr).toContain('(data_directory_missing)');
    expect(existsSync(dataDir)).toBe(false);

    const url = `http://127.0.0.1:${await freePort()}`;
    const away = await runCli(['runs', '--url', url, '--api-key', 'mv_x', '--json']);
    expect(away).toMatchObject({ exit: 6, stdout: '' });
    expect(away.stderr).toContain(`no server answers at ${url}: ECONNREFUSED (server_unreachable)`);
    const blocked = await runCli(['runs', '--url', 'http://127.0.0.1:1', '--api-key', 'mv_x']);
    expect(blocked).toMatchObject({ exit: 6, stdout: '' });
    expect(blocked.stderr).toContain('the server cannot be reached at http://127.0.0.1:1: ');
    expect(blocked.stderr).not.toContain('bad port');
  });

  it('refuses an unknown command', async () => {
    const { exit, stdout, stderr } = await runCli(['nonsense']);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toBe(`error: unknown command 'nonsense' (usage_error)\n`);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
