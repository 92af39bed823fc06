import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../config/config.js';
import { keyFilePath, writeKeyFile } from '../../credentials/key-file.js';
import { KeyRing, newRingKey } from '../../credentials/key-ring.js';
import { checkKeyRing, checkUsedKeys, judgeEncryption } from './key-checks.js';

const KEYS = `new:${randomBytes(32).toString('base64')},old:${randomBytes(32).toString('base64')}`;
const server = readConfig({
  TRIBUTARY_ENCRYPTION_KEYS: KEYS,
  DATABASE_URL: 'postgres://user@localhost/none',
});
const use = (id: string, fields: number, inRing = true) => ({
  id,
  active: id === 'new',
  in_ring: inRing,
  data_keys: Math.min(1, fields),
  credentials: fields,
  removable: fields === 0,
});
const answer = {
  source: 'environment' as const,
  active_key: 'new',
  total: 3,
  done: 3,
  remaining: 0,
  complete: true,
  tenants_under_way: 0,
  unreadable: 0,
  last_error: null,
  keys: [use('new', 2), use('old', 0)],
};

describe('doctor on encryption keys', () => {
  it('reads the ring of a server', async () => {
    expect(await checkKeyRing(server)).toMatchObject({
      state: 'ok',
      message: expect.stringContaining('active: new'),
    });
    const wrong = readConfig({ TRIBUTARY_ENCRYPTION_KEYS: 'new:short' });
    expect(await checkKeyRing(wrong)).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('encryption_keys_invalid'),
    });
  });

  it('looks whether the key file is private', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tributary-doctor-'));
    const config = readConfig({ TRIBUTARY_DATA_DIR: dataDir });
    expect((await checkKeyRing(config)).state).toBe('skip');
    await writeKeyFile(dataDir, new KeyRing([newRingKey('a')]));
    expect((await checkKeyRing(config)).state).toBe('ok');
    await chmod(keyFilePath(dataDir), 0o644);
    expect(await checkKeyRing(config)).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('encryption_key_file_exposed'),
    });
    await rm(dataDir, { recursive: true });
  });

  it('fails for a key that is in use and not in the ring', async () => {
    expect(await checkUsedKeys(['old', 'new'], server)).toMatchObject({ state: 'ok' });
    expect(await checkUsedKeys([], server)).toMatchObject({ state: 'skip' });
    expect(await checkUsedKeys(['older'], server)).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('older'),
    });
  });

  it('judges what a server tells of its keys', () => {
    expect(judgeEncryption(answer)).toMatchObject({ state: 'ok', message: 'new' });
    const lost = { ...answer, keys: [use('new', 1), use('gone', 1, false)] };
    expect(judgeEncryption(lost)).toMatchObject({ state: 'fail' });
    expect(judgeEncryption({ ...answer, unreadable: 2 })).toMatchObject({ state: 'warn' });
    expect(judgeEncryption({ ...answer, remaining: 2 })).toMatchObject({
      state: 'warn',
      message: expect.stringContaining('keys rotate'),
    });
  });
});
