import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder.js';

describe('making a folder', () => {
  let base: string;
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'tributary-make-folder-'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  it('makes those above it, for this user alone, and keeps one that is there', async () => {
    const folder = join(base, 'a', 'b', 'c');
    await makeFolder(folder);
    await writeFile(join(folder, 'kept'), '');
    await makeFolder(folder);
    expect((await stat(join(folder, 'kept'))).isFile()).toBe(true);
    for (const made of [folder, join(base, 'a')])
      expect((await stat(made)).mode & 0o777).toBe(0o700);
  });

  it('goes by a link to a folder', async () => {
    await symlink(base, join(base, 'link'));
    await makeFolder(join(base, 'link'));
    await makeFolder(join(base, 'link', 'd'));
    expect((await stat(join(base, 'd'))).isDirectory()).toBe(true);
  });

  it('says what is in the way', async () => {
    await writeFile(join(base, 'file'), '');
    await expect(makeFolder(join(base, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(base, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    await symlink(join(base, 'nowhere'), join(base, 'dangling'));
    await expect(makeFolder(join(base, 'dangling'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  (process.platform === 'linux' ? it : it.skip)('ends where nothing can be made', async () => {
    await expect(makeFolder('/proc/tributary/a/b')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
