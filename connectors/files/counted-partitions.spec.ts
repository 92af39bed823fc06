import { countedPartitions } from './counted-partitions.js';
import { sourceOf } from './memory-file-system.contract.js';

async function counts(paths: readonly string[], maxFolders?: number) {
  const { signal } = new AbortController();
  const found: Record<string, number | null | undefined> = {};
  for await (const { key, expected } of countedPartitions(sourceOf(paths), signal, maxFolders))
    found[key] = expected;
  return found;
}

describe('counting partitions', () => {
  it('counts what a sweep will list, in every partition', async () => {
    const paths = ['top.md', 'a/1.md', 'a/b/2.md', 'a/photo.png', 'a/.git/3.md', 'c/d/4.md'];
    expect(await counts(paths)).toEqual({ '.': 1, a: 2, c: 1 });
  });

  it('stops after so many folders in all, and names no part of a total', async () => {
    const paths = ['a/1.md', 'b/c/2.md', 'd/3.md'];
    expect(await counts(paths, 4)).toEqual({ '.': 0, a: 1, b: 1, d: 1 });
    expect(await counts(paths, 3)).toEqual({ '.': 0, a: 1, b: 1, d: null });
    expect(await counts(paths, 2)).toEqual({ '.': 0, a: 1, b: null, d: null });
  });
});
