import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSystem, nodeFileSystem } from './file-system.js';
import { ThreadedFileSystem } from './threaded-file-system.js';

/** Workers run compiled code. */
const worker = join(import.meta.dirname, '../../dist/connectors/files/file-calls.worker.js');

const systems: [string, FileSystem][] = [
  ['in this thread', nodeFileSystem],
  ['in another thread', new ThreadedFileSystem(worker)],
];

describe.each(systems)('files %s', (_, system) => {
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'tributary-files-')));
  const at = (name: string): string => join(folder, name);
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('are looked at as lstat does', async () => {
    fs.writeFileSync(at('a.md'), 'one');
    fs.symlinkSync(at('a.md'), at('link.md'));
    const { size, mtimeMs, ctimeMs, birthtimeMs, dev, ino } = fs.lstatSync(at('a.md'));
    const stat = await system.lstat(at('a.md'));
    expect(stat).toMatchObject({ size, mtimeMs, ctimeMs, birthtimeMs, dev, ino });
    expect([stat.isFile(), stat.isDirectory(), stat.isSymbolicLink()]).toEqual([
      true,
      false,
      false,
    ]);
    expect((await system.lstat(at('link.md'))).isSymbolicLink()).toBe(true);
    expect((await system.lstat(folder)).isDirectory()).toBe(true);
  });

  it('are read up to a limit, many at once, each its own', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `n${i}.md`);
    names.forEach((name, i) => fs.writeFileSync(at(name), `text ${i}`));
    const contents = await Promise.all(names.map((name) => system.readFile(at(name), 100)));
    expect(contents.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
      names.map((_, i) => `text ${i}`),
    );
    expect(contents.map(({ realPath }) => realPath)).toEqual(names.map(at));
    expect(contents[7]!.after).toMatchObject({ size: 6, ino: fs.statSync(at('n7.md')).ino });
    const { bytes, after } = await system.readFile(at('n12.md'), 3);
    expect([Buffer.from(bytes).toString(), after.size]).toEqual(['tex', 7]);
  });

  it('are refused where a path holds a NUL, and spare their neighbours', async () => {
    fs.writeFileSync(at('plain.md'), 'plain');
    const [refused, read] = await Promise.allSettled([
      system.lstat(at('no\0path')),
      system.readFile(at('plain.md'), 10),
    ]);
    expect(refused).toMatchObject({ reason: { code: 'ERR_INVALID_ARG_VALUE' } });
    expect(read).toMatchObject({ value: { realPath: at('plain.md'), after: { size: 5 } } });
  });

  it('are read when they are large', async () => {
    const large = Buffer.alloc(5 * 2 ** 20, 'abc');
    fs.writeFileSync(at('large.bin'), large);
    const { bytes } = await system.readFile(at('large.bin'), large.length + 1);
    expect(large.equals(bytes)).toBe(true);
  });

  it('that cannot be read answer the code of the system, and spare their neighbours', async () => {
    fs.writeFileSync(at('b.md'), 'two');
    fs.symlinkSync(at('b.md'), at('other-link.md'));
    const code = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'read',
        (error: NodeJS.ErrnoException) => error.code,
      );
    const codes = await Promise.all([
      code(system.readFile(at('missing.md'), 10)),
      code(system.readFile(at('other-link.md'), 10)),
      code(system.readFile(folder, 10)),
      code(system.lstat(at('b.md/under-a-file'))),
      code(system.readFile(at('b.md'), 10)),
    ]);
    expect(codes).toEqual(['ENOENT', 'ELOOP', 'EISDIR', 'ENOTDIR', 'read']);
  });
});
