import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectoryLock, readLock } from './data-directory-lock.js';
import { currentProcess, processState } from './process-identity.js';

describe('DataDirectoryLock', () => {
  let dataDir: string;
  const held: DataDirectoryLock[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tributary-lock-'));
  });

  afterEach(async () => {
    for (const lock of held.splice(0)) await lock.release();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function acquire(options?: Parameters<typeof DataDirectoryLock.acquire>[1]) {
    const lock = await DataDirectoryLock.acquire(dataDir, options);
    held.push(lock);
    return lock;
  }

  /** The record of an owner that is not this process. */
  async function leaveBehind(record: object | string, number = 7): Promise<string> {
    await (await acquire()).release();
    const file = join(dataDir, 'lock', `${number}.json`);
    await writeFile(file, typeof record === 'string' ? record : JSON.stringify(record));
    return file;
  }

  it('says why a folder cannot be a data directory, and what to do', async () => {
    const file = join(dataDir, 'a-file');
    await writeFile(file, '');
    const unusable = { code: 'configuration_invalid', message: expect.stringContaining(file) };
    await expect(DataDirectoryLock.acquire(file)).rejects.toMatchObject(unusable);
    await expect(DataDirectoryLock.acquire(join(file, 'below'))).rejects.toMatchObject(unusable);
    await expect(readLock(file)).rejects.toMatchObject({
      ...unusable,
      message: expect.stringContaining('TRIBUTARY_DATA_DIR'),
    });
  });

  it('goes to exactly one of many takers', async () => {
    const takers = Array.from({ length: 20 }, () => acquire());
    const outcomes = await Promise.allSettled(takers);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(outcome.reason).toMatchObject({ code: 'data_directory_in_use' });
      }
    }
  });

  it('names the process and its address to whoever is refused', async () => {
    const lock = await acquire();
    await lock.publish({ url: 'http://127.0.0.1:4711' });
    await expect(acquire()).rejects.toMatchObject({
      code: 'data_directory_in_use',
      message: expect.stringMatching(new RegExp(`process ${process.pid} .*http://127.0.0.1:4711`)),
    });
  });

  it('is free again after release, and leaves one small file', async () => {
    await (await acquire()).release();
    expect(await readLock(dataDir)).toBeNull();
    await acquire();
    expect(await readdir(join(dataDir, 'lock'))).toEqual(['2.json']);
  });

  it('is nobody’s in a directory that was never used', async () => {
    expect(await readLock(join(dataDir, 'missing'))).toBeNull();
  });

  it('of a process number that another process has now is stale', async () => {
    const record = { ...currentProcess(), acquiredAt: '', url: null };
    await leaveBehind({ ...record, processStart: '1' });
    expect(await readLock(dataDir)).toBeNull();
    await expect(acquire()).resolves.toBeInstanceOf(DataDirectoryLock);
  });

  it('that a power cut left half-written is stale', async () => {
    await leaveBehind('{"pid":');
    await expect(acquire()).resolves.toBeInstanceOf(DataDirectoryLock);
  });

  it('of another host or container holds while its file is touched, 30 s long', async () => {
    const elsewhere = { pid: 1, processStart: '1', namespace: 'elsewhere', acquiredAt: '' };
    const file = await leaveBehind({ ...elsewhere, url: null });
    await expect(acquire()).rejects.toMatchObject({ code: 'data_directory_in_use' });
    const silent = new Date(Date.now() - 31_000);
    await utimes(file, silent, silent);
    await expect(acquire()).resolves.toBeInstanceOf(DataDirectoryLock);
  });

  it('tells an owner that was frozen and replaced, which then keeps off', async () => {
    let beat: () => void = () => undefined;
    const lost = new Promise<void>((resolve) => {
      void acquire({
        timers: {
          every: (_ms, task) => {
            beat = task;
            return () => undefined;
          },
        },
        onLost: resolve,
      });
    });
    await new Promise(setImmediate);
    while ((await readLock(dataDir)) === null) await new Promise(setImmediate);
    const file = join(dataDir, 'lock', '2.json');
    await writeFile(file, '{"pid":1,"namespace":"elsewhere"}');
    beat();
    await lost;
    await held[0]!.release();
    expect(await readFile(file, 'utf8')).toContain('elsewhere');
  });
});

describe('processState', () => {
  it('knows this process, and that no process has an impossible number', () => {
    const self = currentProcess();
    expect(processState(self)).toBe('running');
    expect(processState({ ...self, pid: 2 ** 30 })).toBe('gone');
    expect(processState({ ...self, namespace: 'other' })).toBe('elsewhere');
  });
});
