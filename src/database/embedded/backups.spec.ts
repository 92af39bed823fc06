import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../common/clock.js';
import { readManifest } from './backup-manifest.js';
import { Backups, type HoldDatabase } from './backups.js';
import { dataPaths } from './data-directory.js';

const DAY = 24 * 60 * 60_000;

describe('Backups', () => {
  let dataDir: string;
  let clock: ManualClock;
  const statements: string[] = [];
  const hold: HoldDatabase = (work) =>
    work((sql) => {
      statements.push(sql);
      return Promise.resolve([]);
    });

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'tributary-backups-'));
    clock = new ManualClock();
    await mkdir(join(dataPaths(dataDir).database, 'pg_empty'), { recursive: true });
    await writeFile(join(dataPaths(dataDir).database, 'PG_VERSION'), '18\n');
  });

  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('keep the newest seven and remove what an interrupted one left', async () => {
    const backups = new Backups(dataDir, hold, clock);
    await mkdir(join(dataPaths(dataDir).backups, '2020-01-01T00-00-00.000Z'), { recursive: true });
    const made: string[] = [];
    for (let day = 0; day < 9; day += 1) {
      made.push((await backups.create()).path);
      clock.advance(DAY);
    }
    expect((await backups.list()).map(({ path }) => path)).toEqual(made.slice(2).reverse());
    expect(await readdir(dataPaths(dataDir).backups)).toHaveLength(7);
  });

  it('know when they were taken', async () => {
    const backups = new Backups(dataDir, hold, clock);
    await backups.create();
    expect((await backups.list())[0]?.createdAt).toEqual(clock.now());
  });

  it('checkpoint first and list every file and folder', async () => {
    const { path } = await new Backups(dataDir, hold, clock).create(join(dataDir, 'copy'));
    expect(statements).toContain('CHECKPOINT');
    expect(await readManifest(path)).toMatchObject({
      postgresVersion: '18',
      directories: ['pg_empty'],
      files: [{ path: 'PG_VERSION', bytes: 3 }],
    });
  });

  it('leave no half of one behind when copying fails', async () => {
    const broken: HoldDatabase = () => Promise.reject(new Error('no CHECKPOINT'));
    const target = join(dataDir, 'copy');
    await expect(new Backups(dataDir, broken, clock).create(target)).rejects.toMatchObject({
      code: 'backup_failed',
      message: expect.stringContaining('no CHECKPOINT'),
    });
    expect(await readdir(target)).toEqual([]);
  });

  it('are taken one after the other', async () => {
    let inside = 0;
    let most = 0;
    const counting: HoldDatabase = async (work) => {
      most = Math.max(most, (inside += 1));
      const result = await hold(work);
      inside -= 1;
      return result;
    };
    const backups = new Backups(dataDir, counting, clock);
    await Promise.all([1, 2, 3].map((n) => backups.create(join(dataDir, `copy-${n}`))));
    expect(most).toBe(1);
  });
});
