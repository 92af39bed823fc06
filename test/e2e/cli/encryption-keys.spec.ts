import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { startApp } from '../../support/http-app.js';
import { SecretiveSource } from '../../support/secretive-source.js';
import { runCli, type Finished } from './cli-process.js';

/** The guide's line, which this file runs. */
const ROTATE = 'tributary keys rotate';

describe('tributary keys, on a data directory without a server', () => {
  const TOKEN = 'tok-0123456789';
  const source = new SecretiveSource();
  source.accounts.set(TOKEN, 'account');
  let dataDir: string;
  const env = () => ({ TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_BOOTSTRAP_API_KEY: 'a'.repeat(20) });
  const typed = (line: string): Promise<Finished> =>
    runCli([...line.split(' ').slice(1), '--json'], { env: { TRIBUTARY_DATA_DIR: dataDir } });
  const start = () => startApp({ connectors: source.registry, env: env() });

  beforeAll(async () => {
    dataDir = await migratedDataDirectory();
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('makes a new key, encrypts everything anew with it and tells what may go', async () => {
    const before = await start();
    const body = { provider: 'secretive', credentials: { token: TOKEN }, schedule: null };
    const { id } = (await before.request('POST', '/v1/memory/connections', { body })).body;
    await before.close();

    const file = join(dataDir, 'encryption-keys');
    const first = await readFile(file, 'utf8');
    const rotated = await typed(ROTATE);
    expect([rotated.exit, rotated.stderr]).toEqual([0, '']);
    const answer = JSON.parse(rotated.stdout);
    expect(answer).toMatchObject({ complete: true, total: 2, remaining: 0 });
    expect(answer.keys).toMatchObject([
      { active: true, data_keys: 1, credentials: 1 },
      { removable: true },
    ]);
    // Only what is left after the old key was taken out proves that nothing needs it.
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect(lines[1]).toBe(first.trim());
    await writeFile(file, `${lines[0]}\n`);

    const after = await start();
    const probe = await after.request('POST', `/v1/memory/connections/${id}/probe`);
    expect(probe.status).toBe(200);
    await after.close();
  });

  it('fails when others may read the key file', async () => {
    await chmod(join(dataDir, 'encryption-keys'), 0o640);
    const status = await typed('tributary keys status');
    expect(status.exit).toBe(1);
    expect(status.stderr).toContain('(encryption_key_file_exposed)');
  });
});
