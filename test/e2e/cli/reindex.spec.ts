import { rm } from 'node:fs/promises';
import { Database } from '../../../src/database/database.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { startApp } from '../../support/http-app.js';
import { runCli, type Finished } from './cli-process.js';

interface Check {
  name: string;
  state: string;
  message: string;
}

describe('tributary reindex and doctor --repair, on a data directory without a server', () => {
  let dataDir: string;
  const run = (...args: string[]): Promise<Finished> =>
    runCli([...args, '--json'], { env: { TRIBUTARY_DATA_DIR: dataDir } });
  const sql = async (text: string): Promise<void> => {
    const app = await startApp({ env: { TRIBUTARY_DATA_DIR: dataDir } });
    await app.nest.get(Database).asSystem((tx) => tx.query(text));
    await app.close();
  };
  const indexCheck = ({ stdout }: Finished): Check | undefined =>
    (JSON.parse(stdout) as { checks: Check[] }).checks.find(({ name }) => name === 'index');

  beforeAll(async () => {
    dataDir = await migratedDataDirectory();
    await run('add', 'Backups run at four in the morning', '--collection', 'plans');
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('embeds a collection again and tells how it went', async () => {
    const done = await run('reindex', '--collection', 'plans');
    expect([done.exit, done.stderr]).toEqual([0, '']);
    expect(JSON.parse(done.stdout)).toMatchObject([
      { kind: 'reindex', status: 'success', result: { embedded: 1 } },
    ]);
    const unknown = await run('reindex', '--collection', 'plans', '--model', 'nowhere');
    expect(unknown.exit).not.toBe(0);
    expect(unknown.stderr).toContain('model_not_configured');
  });

  it('has no index to build anew in embedded mode, and says what there is', async () => {
    const done = await run('reindex');
    expect(done.exit).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      kind: 'pgvector',
      rebuilding: false,
      spaces: [{ vectors: 1 }],
    });
    expect((await run('reindex', '--model', 'builtin')).exit).toBe(2);
  });

  it('finds drift, mends it when told to, and then finds none', async () => {
    await sql('delete from vectors');
    const found = await run('doctor');
    expect(found.exit).toBe(1);
    expect(indexCheck(found)).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('1 memory without a vector'),
    });
    const mended = await run('doctor', '--repair');
    expect(mended.exit).toBe(0);
    expect(indexCheck(mended)).toMatchObject({
      state: 'ok',
      message: 'mended: 1 memory without a vector',
    });
    expect(indexCheck(await run('doctor'))).toMatchObject({
      state: 'ok',
      message: expect.stringContaining('no drift'),
    });
  });
});
