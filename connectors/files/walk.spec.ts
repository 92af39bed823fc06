import fc from 'fast-check';
import type { FilesSource } from './files-source.js';
import { sourceOf } from './memory-file-system.contract.js';
import { ROOT_PARTITION } from './relative-path.js';
import { Walk } from './walk.js';

async function filesAfter(source: FilesSource, after: string | null): Promise<string[]> {
  const files: string[] = [];
  for await (const events of new Walk(source, 'top', { after, links: [] }).events())
    for (const event of events) if (event.kind === 'file') files.push(event.file.id);
  return files;
}

/** Folders and files from few names, so that prefixes and neighbours meet often. */
const name = fc.constantFrom('a', 'b', 'a-b', 'a!', 'é', 'Z', '10', '9', 'a.b', '𝄞', '\uFB01');
const path = fc
  .tuple(fc.array(name, { maxLength: 3 }), name)
  .map(([folders, file]) => ['top', ...folders, `${file}.md`].join('/'));
const paths = fc.uniqueArray(path, { minLength: 1, maxLength: 30 });

describe('walk', () => {
  it('meets every file once', async () => {
    await fc.assert(
      fc.asyncProperty(paths, async (all) => {
        const met = await filesAfter(sourceOf(all), null);
        expect([...met].sort()).toEqual(all.map((it) => it.normalize('NFC')).sort());
      }),
    );
  });

  it('resumed after any of its files meets exactly the rest', async () => {
    await fc.assert(
      fc.asyncProperty(paths, fc.nat(), async (all, at) => {
        const met = await filesAfter(sourceOf(all), null);
        const cut = at % met.length;
        expect(await filesAfter(sourceOf(all), met[cut]!)).toEqual(met.slice(cut + 1));
      }),
    );
  });

  it('resumed in a tree that has changed meets exactly what comes after in the new tree', async () => {
    await fc.assert(
      fc.asyncProperty(paths, paths, fc.nat(), async (old, changed, at) => {
        const met = await filesAfter(sourceOf(old), null);
        const last = met[at % met.length]!;
        const before = await filesAfter(sourceOf([...new Set([...changed, last])]), null);
        const expected = before.slice(before.indexOf(last) + 1);
        expect(await filesAfter(sourceOf(changed), last)).toEqual(expected);
      }),
    );
  });

  it('tells once of a name at the top that another one has too', async () => {
    const source = sourceOf(['\u00e9.md', 'e\u0301.md', 'z.md']);
    const told = async (after: string | null): Promise<unknown[]> => {
      const met = [];
      for await (const events of new Walk(source, ROOT_PARTITION, { after, links: [] }).events())
        met.push(...events.filter(({ kind }) => kind === 'duplicate_name'));
      return met;
    };
    expect(await told(null)).toEqual([expect.objectContaining({ id: 'e\u0301.md' })]);
    expect(await told('\u00e9.md')).toEqual([]);
  });

  it('hands over a large folder in parts, in order', async () => {
    const all = Array.from({ length: 1_201 }, (_, n) => `top/${String(n).padStart(4, '0')}.md`);
    const sizes: number[] = [];
    const position = { after: 'top/0000.md', links: [] };
    for await (const events of new Walk(sourceOf([...all, 'top/z/1.md']), 'top', position).events())
      sizes.push(events.length);
    expect(Math.max(...sizes)).toBe(500);
    expect(await filesAfter(sourceOf([...all, 'top/z/1.md']), 'top/0000.md')).toEqual([
      ...all.slice(1),
      'top/z/1.md',
    ]);
  });

  it('does not read folders again that lie before its position', async () => {
    const source = sourceOf(['top/a/1.md', 'top/b/c/2.md', 'top/b/d/3.md', 'top/e/4.md']);
    expect(await filesAfter(source, 'top/b/d/3.md')).toEqual(['top/e/4.md']);
    expect(source.fileSystem.readFolders).not.toContain('/notes/top/a');
    expect(source.fileSystem.readFolders).not.toContain('/notes/top/b/c');
  });
});
