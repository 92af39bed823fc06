import fc from 'fast-check';
import type { SearchHit } from '../search.schema.js';
import { packContext } from './pack-context.js';

const countTokens = (text: string): number => text.match(/\w{1,5}|[^\w\s]/g)?.length ?? 0;

function hit(id: string, text: string, document?: Partial<SearchHit>): SearchHit {
  return {
    id,
    text,
    importance: 0.7,
    category: 'other',
    source: 'api',
    metadata: {},
    images: [],
    created_at: '2026-05-08T09:00:00.000Z',
    updated_at: '2026-05-08T09:00:00.000Z',
    collection: 'notes',
    container_tag: null,
    pinned: false,
    archived: false,
    is_latest: true,
    expires_at: null,
    memory_type: null,
    score: 0.5,
    rank_score: 0.5,
    title: null,
    url: null,
    author: null,
    source_updated_at: null,
    synced_at: null,
    ...document,
  };
}

const guide: Partial<SearchHit> = {
  metadata: { document_id: 'd-1' },
  title: 'Release\nguide',
  url: 'https://wiki.example/release',
  author: 'Dana',
  source_updated_at: '2026-03-01T09:00:00.000Z',
  synced_at: '2026-03-02T09:00:00.000Z',
};

describe('a packed context', () => {
  it('numbers passages by their source and lists the sources', () => {
    const hits = [
      hit('a', 'Tag the commit first.', guide),
      hit('b', 'Friday is release day.'),
      hit('c', 'Then publish the notes.', guide),
    ];
    const packed = packContext(hits, { maxTokens: 1000, countTokens });
    expect(packed.context).toBe(
      [
        '[1] Tag the commit first.',
        '[2] Friday is release day.',
        '[1] Then publish the notes.',
        'Sources:\n' +
          '[1] Release guide, Dana, 1 March 2026, https://wiki.example/release\n' +
          '[2] memory in "notes", 8 May 2026',
      ].join('\n\n'),
    );
    expect(packed.citations).toMatchObject([
      { number: 1, title: 'Release\nguide', url: 'https://wiki.example/release' },
      { number: 2, title: null, url: null, collection: 'notes' },
    ]);
    expect(packed.citations.map((citation) => citation.memory_ids)).toEqual([['a', 'c'], ['b']]);
    expect(packed.tokens).toBe(countTokens(packed.context));
  });

  it('passes over what does not fit for a shorter passage behind it', () => {
    const hits = [
      hit('a', 'A short first passage.'),
      hit('b', 'word '.repeat(200)),
      hit('c', 'A short third passage.'),
    ];
    const packed = packContext(hits, { maxTokens: 70, countTokens });
    expect(packed.citations.map((citation) => citation.memory_ids)).toEqual([['a'], ['c']]);
    expect(packed.citations.map((citation) => citation.number)).toEqual([1, 2]);
  });

  it('cuts a first passage that is too long at the end of a word', () => {
    const packed = packContext([hit('a', 'remember '.repeat(500))], {
      maxTokens: 100,
      countTokens,
    });
    expect(packed.context).toMatch(/^\[1\] (remember )+…\n\nSources:\n\[1\] memory in/);
    expect(packed.tokens).toBeGreaterThan(90);
    expect(packed.tokens).toBeLessThanOrEqual(100);
  });

  it('is empty when nothing was found', () => {
    const nothing = packContext([], { maxTokens: 1000, countTokens });
    expect(nothing).toEqual({ context: '', tokens: 0, citations: [] });
  });

  it('never exceeds its budget and cites every number that it uses', () => {
    const text = fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme-ascii' });
    const document = fc.constantFrom(undefined, guide);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, document), { maxLength: 12 }),
        fc.integer({ min: 50, max: 400 }),
        (given, maxTokens) => {
          const hits = given.map(([words, from], at) => hit(`${at}`, words, from));
          const packed = packContext(hits, { maxTokens, countTokens });
          expect(countTokens(packed.context)).toBeLessThanOrEqual(maxTokens);
          expect(packed.tokens).toBeLessThanOrEqual(maxTokens);
          const numbers = packed.citations.map((citation) => citation.number);
          expect(numbers).toEqual(numbers.map((_, at) => at + 1));
          const cited = packed.citations.flatMap((citation) => citation.memory_ids);
          expect(new Set(cited).size).toBe(cited.length);
        },
      ),
    );
  });
});
