import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { SampleFolder } from './sample-folder.contract.js';

describe('listing a folder', () => {
  let folder: SampleFolder;
  const given = (files: Record<string, string | Uint8Array>) => (folder = new SampleFolder(files));
  afterEach(() => folder.dispose());

  it('has a partition per top folder and one for the files at the top', async () => {
    given({ 'a.md': '1', 'b/c.md': '2', 'b/d/e.md': '3', 'f/g.md': '4' });
    const keys = [];
    for await (const partition of folder.connector.partitions(folder.context())) {
      keys.push(partition.key);
    }
    expect(keys).toEqual(['.', 'b', 'f']);
    expect((await folder.list()).ids).toEqual(['a.md', 'b/c.md', 'b/d/e.md', 'f/g.md']);
  });

  it('describes a file', async () => {
    given({ 'guides/first steps.md': '# Hello\n' });
    const path = folder.at('guides/first steps.md');
    fs.utimesSync(path, new Date(), new Date('2024-05-08T10:00:00Z'));
    const document = (await folder.list()).documents.get('guides/first steps.md')!;
    expect(document).toMatchObject({
      externalId: 'guides/first steps.md',
      partition: 'guides',
      parents: ['guides'],
      title: 'first steps.md',
      url: pathToFileURL(path).href,
      author: null,
      container: 'guides',
      times: { updatedAt: new Date('2024-05-08T10:00:00Z') },
      access: { mode: 'public', principals: [] },
      metadata: { path: 'guides/first steps.md', size: 8, media_type: 'text/markdown' },
    });
    const body = await (document.body as () => Promise<unknown>)();
    expect(body).toEqual({
      bytes: Buffer.from('# Hello\n'),
      mediaType: 'text/markdown',
      fileName: 'first steps.md',
    });
  });

  it('leaves out what is not for reading and counts why', async () => {
    given({
      'a.md': 'text',
      'empty.md': '',
      'photo.png': 'png',
      '.hidden.md': 'hidden',
      '.config/x.md': 'hidden',
      'ignored.log': 'log',
      '.gitignore': '*.log\n',
      'drafts/x.md': 'draft',
      '.git/config.md': 'machinery',
      'node_modules/p/readme.md': 'machinery',
      '.DS_Store': 'junk',
      '~$report.docx': 'junk',
      'package-lock.json': '{}',
    });
    const listing = await folder.list({ exclude: ['drafts/'] });
    expect(listing.ids).toEqual(['a.md']);
    // Excluded and hidden top folders are no partitions, and junk is not worth a number.
    expect(listing.skipped).toEqual({ empty: 1, unsupported_type: 1, hidden: 1, ignored: 1 });
    expect(listing.failures).toEqual([]);
    expect(listing.complete).toEqual(['.']);
  });

  it('reads hidden files when asked, but never machinery', async () => {
    given({ '.notes/a.md': '1', '.b.md': '2', '.git/c.md': '3', '.tributary/d.md': '4' });
    expect((await folder.list({ hidden: true })).ids).toEqual(['.b.md', '.notes/a.md']);
  });

  it('reads only what include names, except what exclude names', async () => {
    given({ 'a.md': '1', 'docs/b.md': '2', 'docs/c.txt': '3', 'docs/old/d.md': '4', 'e.txt': '5' });
    expect((await folder.list({ include: ['docs/', '/a.md'] })).ids).toEqual([
      'a.md',
      'docs/b.md',
      'docs/c.txt',
      'docs/old/d.md',
    ]);
    const some = await folder.list({ include: ['**/*.md'], exclude: ['docs/old'] });
    expect(some.ids).toEqual(['a.md', 'docs/b.md']);
    expect(some.skipped).toEqual({ not_included: 2, excluded: 1 });
  });

  it('obeys ignore files of every level and kind', async () => {
    given({
      '.gitignore': 'private/\n*.tmp.md\n',
      'a/.ignore': '*.md\n!keep.md\n',
      'a/.tributaryignore': 'keep.md\n',
      'a/keep.md': '1',
      'a/x.txt': '2',
      'b/private/y.md': '3',
      'b/z.tmp.md': '4',
      'b/z.md': '5',
    });
    expect((await folder.list()).ids).toEqual(['a/x.txt', 'b/z.md']);
  });

  it('counts in advance how many files there are', async () => {
    given({ 'a/1.md': '1', 'a/2.md': '2', 'a/b/3.md': '3', 'a/x.png': 'x', 'top.md': 't' });
    expect((await folder.list()).expected).toEqual({ '.': [1, 1], a: [3, 3] });
  });

  it('gives no number for a partition that cannot be counted, and lists the others', async () => {
    given({ 'a/b/1.md': '1', 'c/2.md': '2' });
    folder.fileSystem.fail(['readdir'], folder.at('a/b'), 'ETIMEDOUT', { times: 1 });
    expect((await folder.list()).expected).toEqual({ '.': [0, 0], a: [null, null], c: [1, 1] });
  });

  it('walks each partition once to count and once to list', async () => {
    given({ 'a/b/1.md': '1', 'a/b/2.md': '2', 'c/3.md': '3' });
    const read: string[] = [];
    const { fileSystem } = folder;
    const readdir = fileSystem.readdir.bind(fileSystem);
    fileSystem.readdir = (path) => {
      read.push(path);
      return readdir(path);
    };
    await folder.list();
    for (const id of ['a', 'a/b', 'c'])
      expect(read.filter((path) => path === folder.at(id))).toHaveLength(2);
  });

  it('names a file that is too large instead of reading it', async () => {
    given({ 'a/big.md': 'x'.repeat(101), 'a/small.md': 'x'.repeat(100) });
    const listing = await folder.list({ max_file_bytes: 100 });
    expect(listing.ids).toEqual(['a/small.md']);
    expect(listing.failures).toEqual([
      expect.objectContaining({
        externalId: 'a/big.md',
        title: 'big.md',
        url: pathToFileURL(folder.at('a/big.md')).href,
        code: 'too_large',
        stage: 'list',
      }),
    ]);
    expect(listing.complete).toEqual(['.', 'a']);
    expect(await folder.verdict('a/big.md', { max_file_bytes: 100 })).toBe('alive');
  });

  it('passes over pipes', async () => {
    given({ 'a.md': '1' });
    execFileSync('mkfifo', [folder.at('pipe.md')]);
    const listing = await folder.list();
    expect(listing.ids).toEqual(['a.md']);
    expect(listing.skipped).toEqual({ special_file: 1 });
    expect(await folder.verdict('pipe.md')).toBe('gone');
  });

  it('knows names by their NFC form, whatever the disk has', async () => {
    const nfd = 'cafe\u0301';
    given({ [`${nfd}/${nfd}.md`]: 'decomposed' });
    const id = 'caf\u00e9/caf\u00e9.md';
    expect((await folder.list()).ids).toEqual([id]);
    expect(await folder.verdict(id)).toBe('alive');
    expect(await folder.fetch(id)).toMatchObject({ externalId: id });
  });

  it('keeps one of two names that are equal in NFC, and names the other one', async () => {
    given({ 'a/e\u0301.md': 'decomposed', 'a/\u00e9.md': 'composed' });
    const listing = await folder.list();
    expect(listing.ids).toEqual(['a/\u00e9.md']);
    expect(listing.documents.get('a/\u00e9.md')!.url).toContain('%C3%A9.md');
    expect(listing.failures).toEqual([
      expect.objectContaining({
        ...{ externalId: 'a/e\u0301.md', code: 'duplicate_name', partition: 'a' },
        url: expect.stringContaining('e%CC%81.md'),
      }),
    ]);
    expect(listing.complete).toEqual(['.', 'a']);
    expect(await folder.verdict('a/e\u0301.md')).toBe('gone');
  });

  it('names folders of equal names, and passes over what it would pass over', async () => {
    given({
      ...{ 'e\u0301/1.md': 'decomposed', '\u00e9/2.md': 'composed' },
      ...{ 'b/e\u0301/3.md': '3', 'b/\u00e9/4.md': '4' },
      ...{ 'e\u0301.png': 'left out', '\u00e9.png': 'left out' },
      ...{ '.e\u0301.md': 'hidden', '.\u00e9.md': 'hidden' },
      ...{ 'c/e\u0301.md': '', 'c/\u00e9.md': 'composed', 'c/\u00e8.md': 'composed' },
    });
    fs.symlinkSync(folder.at('b'), folder.at('c/e\u0300.md'));
    const listing = await folder.list();
    const ids = ['b/\u00e9/4.md', 'c/\u00e8.md', 'c/\u00e9.md', '\u00e9/2.md'];
    expect(listing.ids.sort()).toEqual(ids);
    expect(listing.failures.map(({ externalId, partition }) => [externalId, partition])).toEqual([
      ['e\u0301', '.'],
      ['b/e\u0301', 'b'],
    ]);
    expect(listing.skipped).toEqual({ unsupported_type: 2, hidden: 2, empty: 1, symlink: 1 });
  });

  it('names a file whose name is not valid Unicode', async () => {
    given({ 'a/fine.md': '1' });
    fs.writeFileSync(
      Buffer.concat([Buffer.from(folder.at('a/')), Buffer.from([0xff, 0x2e, 0x6d, 0x64])]),
      'x',
    );
    for (const byte of [0xfe, 0xff])
      fs.mkdirSync(Buffer.concat([Buffer.from(folder.at('')), Buffer.from([byte])]));
    const listing = await folder.list();
    expect(listing.ids).toEqual(['a/fine.md']);
    expect(new Set(listing.failures.map(({ code }) => code))).toEqual(
      new Set(['invalid_file_name']),
    );
    expect(listing.complete).toEqual(['.', 'a']);
  });

  it('names a folder that cannot be read, and lists the rest', async () => {
    given({ 'a/b/1.md': '1', 'a/c/2.md': '2', 'd/3.md': '3' });
    folder.fileSystem.fail(['readdir'], folder.at('a/b'), 'EACCES');
    const listing = await folder.list();
    expect(listing.ids).toEqual(['a/c/2.md', 'd/3.md']);
    expect(listing.complete).toEqual(['.', 'd']);
    expect(listing.gaps).toEqual([expect.stringContaining('a/b')]);
    expect(await folder.verdict('a/b/1.md')).toBe('lost_access');
  });

  it('does not guess when an ignore file cannot be read', async () => {
    given({ 'a/.tributaryignore': 'secret.md\n', 'a/secret.md': 's', 'b/1.md': '1' });
    folder.fileSystem.fail(['readFile'], folder.at('a/.tributaryignore'), 'EACCES');
    const listing = await folder.list();
    expect(listing.ids).toEqual(['b/1.md']);
    expect(listing.gaps).toEqual([expect.stringContaining('a')]);
  });

  it('has a gap where a folder vanishes while its files are looked at', async () => {
    given({ 'a/b/1.md': '1', 'a/c/2.md': '2' });
    folder.fileSystem.fail(['lstat'], folder.at('a/b'), 'ENOENT', { below: true });
    const listing = await folder.list();
    expect(listing.ids).toEqual(['a/c/2.md']);
    expect(listing.complete).toEqual(['.']);
    expect(listing.gaps).toEqual([expect.stringMatching(/^a\/b: .*vanished/)]);
  });

  it('names files that cannot be looked at, which are not gone', async () => {
    given({ 'a/1.md': '1', 'a/2.md': '2' });
    folder.fileSystem.fail(['lstat'], folder.at('a/1.md'), 'EACCES');
    const listing = await folder.list();
    expect(listing.ids).toEqual(['a/2.md']);
    expect(listing.failures).toEqual([
      expect.objectContaining({ externalId: 'a/1.md', code: 'file_unreadable' }),
    ]);
    expect(listing.complete).toEqual(['.', 'a']);
    expect(await folder.verdict('a/1.md')).toBe('lost_access');
  });

  const root = process.getuid?.() === 0;
  (root ? it.skip : it)(
    `respects the rights of the operating system${root ? ' (not testable as root)' : ''}`,
    async () => {
      given({ 'a/1.md': '1', 'a/b/2.md': '2' });
      fs.chmodSync(folder.at('a/1.md'), 0);
      fs.chmodSync(folder.at('a/b'), 0);
      const listing = await folder.list();
      fs.chmodSync(folder.at('a/b'), 0o755);
      expect(listing.ids).toEqual(['a/1.md']);
      expect(listing.gaps).toEqual([expect.stringContaining('a/b')]);
      expect(await folder.verdict('a/1.md')).toBe('lost_access');
      await expect(folder.fetch('a/1.md')).rejects.toMatchObject({ code: 'file_unreadable' });
    },
  );

  it.each([
    ['.tributaryignore', 'a/x.md', { '.tributaryignore': 'x.md\n' }, {}],
    ['exclude', 'a/x.md', {}, { exclude: ['a/'] }],
    ['include', 'a/x.md', {}, { include: ['*.txt'] }],
    ['hidden', '.a/x.md', {}, {}],
    ['an unknown type', 'a/x.png', {}, {}],
    ['no content', 'a/empty.md', {}, {}],
    ['a folder', 'a', {}, {}],
  ])('gives up a document that the listing leaves out for %s', async (_, id, more, config) => {
    given({ 'a/x.md': '1', 'a/x.png': '1', 'a/empty.md': '', '.a/x.md': '1', ...more });
    expect(await folder.verdict(id, config)).toBe('gone');
    expect(await folder.fetch(id, config)).toEqual({ gone: true, state: 'gone' });
  });
});
