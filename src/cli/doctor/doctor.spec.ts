import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../common/clock.js';
import { readConfig } from '../../config/config.js';
import type { ConnectionAnswer } from '../../connections/connections.schema.js';
import { attempt } from './check.js';
import { checkDataDirectory, checkFilesRoots, checkNode, checkPort } from './machine-checks.js';
import { judge } from './server-checks.js';

const connection = { name: 'notes', provider: 'files', status: 'active' } as ConnectionAnswer;
const check = (name: string, outcome: 'passed' | 'failed' | 'indeterminate') => ({
  name,
  outcome,
  message: `${name}.`,
});

describe('doctor', () => {
  it.each([
    ['20.18.3', 'fail'],
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
    ['18.20.0', 'fail'],
  ])('judges Node %s as %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });

  it('judges a connection by its worst check and its status', () => {
    const passed = check('token', 'passed');
    expect(judge(connection, { checks: [passed] }).state).toBe('ok');
    expect(judge(connection, { checks: [passed, check('scope', 'indeterminate')] }).state).toBe(
      'warn',
    );
    expect(judge(connection, { checks: [check('scope', 'failed'), passed] })).toMatchObject({
      state: 'fail',
      message: 'scope: scope.',
    });
    expect(
      judge({ ...connection, status: 'paused', status_reason: 'on request' }, { checks: [passed] }),
    ).toMatchObject({
      state: 'warn',
      message: 'paused: on request',
    });
  });

  it('turns what a check throws into a failure with its code', async () => {
    const failed = await attempt('model', () =>
      Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' })),
    );
    expect(failed).toEqual({ name: 'model', state: 'fail', message: 'no such file (ENOENT)' });
  });

  it('sees that a port is taken and that it is free again', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const config = readConfig({ PORT: `${port}` });
    expect(await checkPort(config)).toMatchObject({ state: 'warn' });
    await new Promise((resolve) => other.close(resolve));
    expect(await checkPort(config)).toMatchObject({ state: 'ok' });
  });

  it('looks at the data directory and the files roots', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-doctor-'));
    try {
      const clock = new ManualClock();
      expect((await checkDataDirectory(folder, clock)).state).toBe('ok');
      expect((await checkDataDirectory(join(folder, 'none'), clock)).state).toBe('warn');
      await writeFile(join(folder, 'file'), '');
      expect((await checkDataDirectory(join(folder, 'file'), clock)).state).toBe('fail');
      const roots = (path: string) => checkFilesRoots(readConfig({ TRIBUTARY_FILES_ROOTS: path }));
      expect((await roots(folder)).state).toBe('ok');
      expect((await roots(join(folder, 'none'))).state).toBe('warn');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
