import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyFilePath, readKeyFile, writeKeyFile } from './key-file.js';
import { KeyRing, newRingKey } from './key-ring.js';

describe('the key file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is readable by its owner only and gives the ring back', async () => {
    const ring = new KeyRing([newRingKey('b'), newRingKey('a')]);
    await writeKeyFile(folder, ring);
    expect((await stat(keyFilePath(folder))).mode & 0o777).toBe(0o600);
    expect((await readKeyFile(folder))?.entries()).toEqual(ring.entries());
    expect(await readdir(folder)).toEqual(['encryption-keys']);
  });

  it('is replaced as a whole, also over what a crash left', async () => {
    await writeFile(`${keyFilePath(folder)}.new`, 'half a k', { mode: 0o644 });
    await writeKeyFile(folder, new KeyRing([newRingKey('a')]));
    await writeKeyFile(folder, new KeyRing([newRingKey('b')]));
    expect((await readKeyFile(folder))?.ids).toEqual(['b']);
    expect((await stat(keyFilePath(folder))).mode & 0o777).toBe(0o600);
  });

  it('is no ring where there is none', async () => {
    expect(await readKeyFile(folder)).toBeNull();
  });

  it.each([0o640, 0o604, 0o644, 0o660])('is refused with mode %o', async (mode) => {
    await writeKeyFile(folder, new KeyRing([newRingKey('a')]));
    await chmod(keyFilePath(folder), mode);
    const text = await readFile(keyFilePath(folder), 'utf8');
    await expect(readKeyFile(folder)).rejects.toMatchObject({
      code: 'encryption_key_file_exposed',
      message: expect.stringContaining(mode.toString(8)),
    });
    expect(await readFile(keyFilePath(folder), 'utf8')).toBe(text);
  });

  it('is refused when it is damaged, rather than replaced by new keys', async () => {
    await writeFile(keyFilePath(folder), 'a:damaged\n', { mode: 0o600 });
    await expect(readKeyFile(folder)).rejects.toMatchObject({ code: 'encryption_keys_invalid' });
  });
});
