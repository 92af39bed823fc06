import type { SyncRun } from '../engine/sync-run.js';
import type { ListedDocument } from './classify.js';
import { ContentChanges, type PageFindings } from './content-changes.js';
import type { DocumentReader } from './document-reader.js';
import type { NewIds } from './new-ids.js';
import type { JudgedPage } from './page-judge.js';

/** How many texts were held at once, group by group, of new documents with texts so long. */
async function groups(lengths: readonly number[], concurrentReads: number): Promise<number[]> {
  const sizes: number[] = [];
  const reader = {
    read: (_: SyncRun, { source }: ListedDocument) =>
      Promise.resolve({ read: { source, text: 'x'.repeat(source.bodyBytes ?? 0) } }),
    cut: () => undefined,
  } as unknown as DocumentReader;
  const newIds = {
    place: (_: SyncRun, documents: readonly unknown[]) => {
      sizes.push(documents.length);
      const suppressed = { texts: new Map(), documents: new Set() };
      return Promise.resolve({ renames: new Map(), suppressed, firstSeq: 1 });
    },
  } as unknown as NewIds;
  const sync = {
    connector: { limits: { concurrentReads } },
    signal: new AbortController().signal,
    run: { options: {} },
    met: new Set(),
    readGroups: { next: (most: number) => most },
    timed: <T>(_: string, work: () => Promise<T>) => work(),
  } as unknown as SyncRun;
  const toRead = lengths.map((bodyBytes, n) => ({ source: { externalId: `${n}`, bodyBytes } }));
  const judged = {
    ...{ toRead, suppressedTexts: new Map(), labelledAnyway: new Set() },
  } as unknown as JudgedPage;
  const findings = { failures: [], read: new Set(), seen: [], cut: new Map() };
  const changes = new ContentChanges(reader, newIds, { next: () => 'id' });
  const found: string[] = [];
  for await (const { source } of changes.of(sync, judged, findings as unknown as PageFindings))
    found.push(source.externalId);
  expect(found).toEqual(lengths.map((_, n) => `${n}`));
  return sizes;
}

describe('documents that are read together', () => {
  it('are 128 where they are short', async () => {
    expect(await groups(Array<number>(300).fill(100), 32)).toEqual([128, 128, 44]);
  });

  it('are fewer once their texts are long together: none is read twice or left out', async () => {
    expect(await groups(Array<number>(8).fill(3_000_000), 1)).toEqual([3, 3, 2]);
    expect(await groups([9_000_000, 1, 1, 9_000_000, 1], 1)).toEqual([1, 3, 1]);
  });

  it('are those, too, that are being read when the limit is reached', async () => {
    expect(await groups(Array<number>(20).fill(3_000_000), 4)).toEqual([4, 4, 4, 4, 4]);
  });
});
