import type { SourceDocument } from '../../../connectors/sdk/contract.js';
import type { KnownDocument } from '../../remember/document-row.js';
import { classify, isReworded, metaHash } from './classify.js';

const source = (changes: Partial<SourceDocument> = {}): SourceDocument => ({
  externalId: 'a.md',
  version: '1',
  partition: '.',
  parents: [],
  title: 'a',
  url: null,
  author: null,
  container: null,
  times: { createdAt: new Date('2026-05-08T00:00:00Z'), updatedAt: null },
  access: { mode: 'unknown', principals: [] },
  metadata: { path: 'a.md' },
  body: () => Promise.reject(new Error('read while listing')),
  ...changes,
});

const known = (changes: Partial<KnownDocument> = {}): KnownDocument => ({
  id: 'id',
  externalId: 'a.md',
  seq: 1,
  version: '1',
  contentHash: 'hash',
  metaHash: metaHash(source()),
  state: 'live',
  partition: '.',
  title: 'a',
  url: null,
  author: null,
  chunkCount: 1,
  kept: false,
  syncedAt: new Date('2026-05-09T00:00:00Z'),
  sourceCreatedAt: new Date('2026-05-08T00:00:00Z'),
  sourceUpdatedAt: null,
  ...changes,
});

const kindOf = (listed: SourceDocument, stored?: KnownDocument, fullSince: Date | null = null) => {
  const byId = new Map(stored ? [[stored.externalId, stored]] : []);
  const { unchanged, relabelled, toRead } = classify(
    [{ source: listed, metaHash: metaHash(listed) }],
    byId,
    { fullSince, titlesFromContent: false },
  );
  return { unchanged: unchanged.length, relabelled: relabelled.length, toRead: toRead.length };
};

const UNCHANGED = { unchanged: 1, relabelled: 0, toRead: 0 };
const RELABELLED = { unchanged: 0, relabelled: 1, toRead: 0 };
const TO_READ = { unchanged: 0, relabelled: 0, toRead: 1 };

describe('classify', () => {
  it('leaves a document alone whose version and labels are as stored', () => {
    expect(kindOf(source(), known())).toEqual(UNCHANGED);
  });

  it('reads what is new, edited, renamed or was left unfinished', () => {
    expect(kindOf(source())).toEqual(TO_READ);
    expect(kindOf(source({ version: '2' }), known())).toEqual(TO_READ);
    expect(kindOf(source({ title: 'b' }), known())).toEqual(TO_READ);
    expect(kindOf(source(), known({ state: 'pending' }))).toEqual(TO_READ);
  });

  it('does not take a listed name for the title that was found in the content', () => {
    const stored = known({ title: 'A heading' });
    const byId = new Map([[stored.externalId, stored]]);
    const options = { fullSince: null, titlesFromContent: true };
    const listed = [{ source: source(), metaHash: metaHash(source()) }];
    expect(classify(listed, byId, options).unchanged).toHaveLength(1);
  });

  it('reads everything on request of the owner, one document on request of its source', () => {
    const { syncedAt } = known();
    const later = new Date(syncedAt.getTime() + 1);
    expect(kindOf(source(), known(), later)).toEqual(TO_READ);
    // Read since the request already, by an earlier attempt or another lane.
    expect(kindOf(source(), known(), syncedAt)).toEqual(UNCHANGED);
    expect(kindOf(source({ reread: true }), known())).toEqual(TO_READ);
  });

  it('only relabels after a move or a change of permissions', () => {
    expect(kindOf(source({ partition: 'x' }), known())).toEqual(RELABELLED);
    const access = { mode: 'restricted', principals: ['team'] } as const;
    expect(kindOf(source({ access }), known())).toEqual(RELABELLED);
  });

  it.each(['deleted', 'lost_access', 'suspect'] as const)(
    'brings a %s document back without reading it',
    (state) => {
      expect(kindOf(source(), known({ state }))).toEqual(RELABELLED);
    },
  );
});

describe('isReworded', () => {
  it('is true only when the author or the day changes, which the words arm contains', () => {
    expect(isReworded(known(), source({ container: 'x' }))).toBe(false);
    expect(isReworded(known(), source({ author: 'Support lead' }))).toBe(true);
  });
});
