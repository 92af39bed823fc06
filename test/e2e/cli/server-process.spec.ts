import { rename, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { dataPaths } from '../../../src/database/embedded/data-directory.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { CliProcess, type Finished } from './cli-process.js';

const LISTENING = '"msg":"listening"';

describe('the process of the server', () => {
  let dataDir: string;
  const processes: CliProcess[] = [];

  beforeEach(async () => {
    dataDir = await migratedDataDirectory();
  });
  afterEach(async () => {
    for (const one of processes.splice(0)) {
      one.kill('SIGKILL');
      await one.end();
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = (env: Record<string, string> = {}): CliProcess => {
    const settings = { TRIBUTARY_DATA_DIR: dataDir, PORT: '0', ...env };
    const started = new CliProcess([], { program: 'main.js', env: settings });
    processes.push(started);
    return started;
  };
  const stopped = (server: CliProcess): Promise<Finished> => {
    server.kill('SIGTERM');
    return server.end();
  };

  it('does not lose the first API key where its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const { exit, stdout, stderr } = await start({ PORT: `${port}` }).end();
      expect(exit).toBe(1);
      expect(stderr).toBe(
        `error: port ${port} of 127.0.0.1 is in use; set PORT to another one (port_in_use)\n`,
      );
      const key = /^First API key \(shown once\): (mv_\S+)$/m.exec(stdout)?.[1];
      const next = start();
      await next.shows(LISTENING);
      expect(next.stdout).not.toContain('First API key');
      const url = /"url":"([^"]+)"/.exec(next.stdout)?.[1];
      const headers = { authorization: `Bearer ${key}` };
      expect((await fetch(`${url}/v1/memory/collections`, { headers })).status).toBe(200);
      expect((await stopped(next)).exit).toBe(0);
    } finally {
      other.close();
    }
  });

  it('ends in order by a signal that comes while it starts', async () => {
    const server = start();
    await server.shows('First API key');
    const { exit, stdout } = await stopped(server);
    expect(exit).toBe(0);
    expect(stdout).toContain('"msg":"stopping"');
  });

  it('says in one line what is wrong with a setting', async () => {
    const { exit, stdout, stderr } = await start({ PORT: 'many' }).end();
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(/^error: Wrong configuration: PORT [^\n]+ \(configuration_invalid\)\n$/);
  });

  it('says in one line that HOST is no address of the machine', async () => {
    const { exit, stderr } = await start({ HOST: '203.0.113.9' }).end();
    expect(exit).toBe(2);
    expect(stderr).toBe(
      'error: HOST: 203.0.113.9 is no address of this machine (configuration_invalid)\n',
    );
  });

  it('says in one line where the database is that does not answer', async () => {
    const { exit, stderr } = await start({ DATABASE_URL: 'postgres://127.0.0.1:1/none' }).end();
    expect(exit).toBe(6);
    expect(stderr).toMatch(
      /^error: The database at 127\.0\.0\.1:1 cannot be reached: [^\n]*ECONNREFUSED[^\n]* \(database_unavailable\)\n$/,
    );
  });

  it('says in one line who has the data directory, and leaves it alone', async () => {
    const first = start();
    await first.shows(LISTENING);
    const { exit, stdout, stderr } = await start().end();
    expect(exit).toBe(6);
    expect(stdout).not.toContain('data_directory_in_use');
    expect(stdout).not.toContain('"stack"');
    expect(stderr).toMatch(/^error: [^\n]+ \(data_directory_in_use\)\n$/);
    expect(stderr).toContain(`process ${first.pid}`);
    expect((await stopped(first)).exit).toBe(0);
  });

  it('exits with 1 when the database could not be closed', async () => {
    const server = start();
    await server.shows(LISTENING);
    // As on a full disk, the last checkpoint cannot write what it must.
    const folder = join(dataPaths(dataDir).database, 'global');
    await rename(folder, `${folder}.away`);
    const { exit, stdout } = await stopped(server);
    expect(exit).toBe(1);
    expect(stdout).toContain('"msg":"the shutdown failed"');
    await rename(`${folder}.away`, folder);
    const next = start();
    await next.shows(LISTENING);
    expect((await stopped(next)).exit).toBe(0);
  });
});
