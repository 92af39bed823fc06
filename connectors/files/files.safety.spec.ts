import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError, DocumentGoneError } from '../sdk/errors.js';
import { FilesConfig } from './files.config.js';
import { filesConnector } from './files.connector.js';
import { SampleFolder } from './sample-folder.contract.js';

describe('what the files connector may read', () => {
  let folder: SampleFolder;
  beforeEach(() => {
    folder = new SampleFolder({ 'a/1.md': 'inside' });
    fs.mkdirSync(join(folder.root, 'elsewhere'));
    fs.writeFileSync(join(folder.root, 'elsewhere/e.md'), 'elsewhere');
  });
  afterEach(() => folder.dispose());

  const probe = async (path: string) => {
    const results = await folder.connector.probe(folder.context({ path }));
    return Object.fromEntries(results.map((result) => [result.name, result.outcome]));
  };

  it.each(['relative/path', '', 'a\0b'])('refuses the path %j', (path) => {
    expect(FilesConfig.safeParse({ path }).success).toBe(false);
  });

  it.each([
    ['a folder that does not exist', 'missing', 'folder_missing'],
    ['a file', 'a/1.md', 'not_a_folder'],
    ['a folder outside', '../..', 'path_not_allowed'],
    ['something outside that does not exist', '../../no-such-thing-here', 'path_not_allowed'],
  ])('refuses %s', async (_, below, code) => {
    const ctx = folder.context({ path: `${folder.path}/${below}` });
    const error: unknown = await folder.connector.account(ctx).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code });
  });

  it('refuses a link that leads out of the roots', async () => {
    const link = join(folder.root, 'link');
    fs.symlinkSync(dirname(folder.root), link);
    const ctx = folder.context({ path: link });
    await expect(folder.connector.account(ctx)).rejects.toMatchObject({ code: 'path_not_allowed' });
    expect(await probe(link)).toEqual({
      within_roots: 'failed',
      path_exists: 'skipped',
      path_readable: 'skipped',
      sample_listing: 'skipped',
    });
  });

  it('refuses a neighbour whose name begins like a root', async () => {
    const neighbour = `${folder.root}-neighbour`;
    fs.mkdirSync(neighbour);
    try {
      const ctx = folder.context({ path: neighbour });
      await expect(folder.connector.account(ctx)).rejects.toMatchObject({
        code: 'path_not_allowed',
      });
    } finally {
      fs.rmdirSync(neighbour);
    }
  });

  it('reads nothing where no root is given', async () => {
    const connector = filesConnector({ roots: [] });
    await expect(connector.account(folder.context())).rejects.toMatchObject({
      code: 'path_not_allowed',
    });
  });

  it('takes the real path for the account, by whatever way it was given', async () => {
    const link = join(folder.root, 'link');
    fs.symlinkSync(folder.path, link);
    const account = { id: folder.path, title: 'notes' };
    expect(await folder.connector.account(folder.context({ path: link }))).toEqual(account);
    const around = `${folder.path}/../notes/.`;
    expect(await folder.connector.account(folder.context({ path: around }))).toEqual(account);
  });

  it('says what is wrong with a folder, without throwing', async () => {
    expect(await probe(folder.path)).toEqual({
      within_roots: 'passed',
      path_exists: 'passed',
      path_readable: 'passed',
      sample_listing: 'passed',
    });
    expect(await probe(join(folder.root, 'missing'))).toMatchObject({
      within_roots: 'passed',
      path_exists: 'failed',
    });
    folder.fileSystem.fail(['readdir'], folder.path, 'EACCES');
    expect(await probe(folder.path)).toMatchObject({
      path_exists: 'passed',
      path_readable: 'failed',
      sample_listing: 'skipped',
    });
    folder.fileSystem.heal();
    folder.fileSystem.fail(['readdir'], folder.path, 'ESTALE');
    expect(await probe(folder.path)).toMatchObject({ path_readable: 'indeterminate' });
  });

  it('says that a folder holds nothing it can read', async () => {
    fs.rmSync(folder.at('a'), { recursive: true });
    expect(await probe(folder.path)).toMatchObject({ sample_listing: 'indeterminate' });
  });

  it.each(['../elsewhere/e.md', '/etc/passwd', 'a/../a/1.md', 'a\0/1.md', '', '.', '..', 'a/'])(
    'knows no document %j',
    async (id) => {
      expect(await folder.verdict(id)).toBe('gone');
      expect(await folder.fetch(id)).toEqual({ gone: true, state: 'gone' });
    },
  );

  it('does not follow links unless asked', async () => {
    fs.symlinkSync(join(folder.root, 'elsewhere'), folder.at('linked'));
    fs.symlinkSync(join(folder.root, 'elsewhere/e.md'), folder.at('a/e.md'));
    const listing = await folder.list();
    expect(listing.ids).toEqual(['a/1.md']);
    expect(listing.skipped).toMatchObject({ symlink: 2 });
    expect(await folder.verdict('a/e.md')).toBe('gone');
    expect(await folder.verdict('linked/e.md')).toBe('gone');
  });

  it('follows links within the roots when asked, each target once', async () => {
    fs.symlinkSync(join(folder.root, 'elsewhere'), folder.at('linked'));
    fs.symlinkSync(join(folder.root, 'elsewhere/e.md'), folder.at('a/e.md'));
    fs.symlinkSync(folder.at('a/1.md'), folder.at('a/2.md'));
    fs.symlinkSync(folder.at('a/nowhere.md'), folder.at('a/3.md'));
    fs.symlinkSync(folder.at('a/4.md'), folder.at('a/4.md'));
    fs.symlinkSync(dirname(folder.root), folder.at('a/out'));
    const listing = await folder.list({ follow_symlinks: true });
    expect(listing.ids).toEqual(['a/1.md', 'a/e.md', 'linked/e.md']);
    expect(listing.skipped).toEqual({
      symlink_duplicate: 1,
      symlink_broken: 2,
      symlink_outside_roots: 1,
    });
    expect(listing.complete).toEqual(['.', 'a', 'linked']);
    expect(await folder.verdict('linked/e.md', { follow_symlinks: true })).toBe('alive');
    expect(await folder.fetch('a/e.md', { follow_symlinks: true })).toMatchObject({
      body: { bytes: Buffer.from('elsewhere') },
    });
    expect(await folder.verdict('a/out', { follow_symlinks: true })).toBe('gone');
  });

  it('ends where links make a loop', async () => {
    const elsewhere = join(folder.root, 'elsewhere');
    fs.mkdirSync(join(elsewhere, 'deep'));
    fs.writeFileSync(join(elsewhere, 'deep/d.md'), 'deep');
    fs.symlinkSync(elsewhere, join(elsewhere, 'deep/up'));
    fs.symlinkSync(folder.root, join(elsewhere, 'deep/all'));
    fs.symlinkSync(folder.path, join(elsewhere, 'back'));
    fs.symlinkSync(folder.path, folder.at('a/self'));
    fs.symlinkSync(elsewhere, folder.at('a/linked'));
    const listing = await folder.list({ follow_symlinks: true });
    expect(listing.ids).toEqual(['a/1.md', 'a/linked/deep/d.md', 'a/linked/e.md']);
    expect(listing.complete).toEqual(['.', 'a']);
  });

  it('resumes inside a followed link', async () => {
    const elsewhere = join(folder.root, 'elsewhere');
    for (let i = 0; i < 10; i++) fs.writeFileSync(join(elsewhere, `n${i}.md`), String(i));
    fs.symlinkSync(elsewhere, folder.at('a/linked'));
    const ctx = folder.context({ follow_symlinks: true });
    const partition = { key: 'a', title: 'a' };
    const whole = (await folder.list({ follow_symlinks: true })).ids;
    const resumed: string[] = [];
    let checkpoint: Parameters<typeof folder.connector.pull>[3] = null;
    for (let done = false; !done;) {
      for await (const page of folder.connector.pull(ctx, partition, 'sweep', checkpoint)) {
        resumed.push(...page.documents.map((document) => document.externalId));
        checkpoint = page.checkpoint;
        done = page.complete;
        break;
      }
    }
    expect(resumed).toEqual(whole);
    expect(whole).toHaveLength(12);
  });

  it('does not read through a folder that became a link after the listing', async () => {
    const listing = await folder.list();
    const { body } = listing.documents.get('a/1.md')!;
    fs.rmSync(folder.at('a'), { recursive: true });
    const outside = join(folder.root, 'elsewhere');
    fs.writeFileSync(join(outside, '1.md'), 'inside');
    fs.symlinkSync(outside, folder.at('a'));
    await expect((body as () => Promise<unknown>)()).rejects.toBeInstanceOf(DocumentGoneError);
  });

  it('does not read through a file that became a link after the listing', async () => {
    const listing = await folder.list();
    const { body } = listing.documents.get('a/1.md')!;
    fs.rmSync(folder.at('a/1.md'));
    fs.symlinkSync('/etc/passwd', folder.at('a/1.md'));
    await expect((body as () => Promise<unknown>)()).rejects.toBeInstanceOf(DocumentGoneError);
  });
});
