import type { SearchHit } from '../../search/search.schema.js';
import { styleFor } from '../output/style.js';
import { textWidth } from '../output/text-width.js';
import { excerpt, hitLines, openingHeadings } from './search-hit.js';
import { parseFilters } from './search.command.js';

const style = styleFor(false);

function hit(change: Partial<SearchHit> = {}): SearchHit {
  return {
    text: '# Guide\n\n## Restore\n\nFirst stop the server. Then **restore** the [backup](b.md).',
    metadata: { title: 'guide.md', url: 'file:///home/me/guide.md', author: null },
    score: 0.712,
    collection: 'docs',
    source: 'files',
    category: 'other',
    container_tag: null,
    ...change,
  } as SearchHit;
}

describe('search filters', () => {
  it('narrow fields of the memory by name and everything else in the metadata', () => {
    expect(parseFilters(['category=fact', 'team=docs', 'year:=2026', 'note=a=b'])).toEqual({
      category: 'fact',
      metadata_filter: { team: 'docs', year: 2026, note: 'a=b' },
    });
    expect(parseFilters([])).toEqual({});
  });

  it.each(['category', '=x', 'year:=soon'])('refuse %s', (filter) => {
    expect(() => parseFilters([filter])).toThrow(/--filter/);
  });
});

describe('search hit', () => {
  it('shows rank, score, title with heading, excerpt and place', () => {
    expect(hitLines(hit(), { rank: 1, query: 'restore', width: 80, style })).toEqual([
      ' 1  0.71  guide.md › Restore',
      '          Then restore the backup.',
      '          /home/me/guide.md',
    ]);
  });

  it('does not repeat the title where the text begins with it', () => {
    const top = hit({ text: '# Guide\n\nStop it.', metadata: { title: 'Guide' } });
    const [head] = hitLines(top, { rank: 1, query: 'stop', width: 80, style });
    expect(head).toBe(' 1  0.71  Guide');
  });

  it('fits the terminal', () => {
    const long = hit({ text: 'word '.repeat(200) });
    for (const line of hitLines(long, { rank: 9, query: 'x', width: 40, style })) {
      expect(textWidth(line)).toBeLessThanOrEqual(40);
    }
  });

  it('shows a memory that nobody synced by its kind and writer', () => {
    const own = hit({ text: 'Likes tea', metadata: {}, source: 'cli', category: 'fact' });
    expect(hitLines(own, { rank: 1, query: 'tea', width: 80, style })).toEqual([
      ' 1  0.71  fact',
      '          Likes tea',
      '          cli',
    ]);
  });

  it('begins the excerpt where most of the words are', () => {
    const text = 'Cats sleep.\nDogs bark loudly at night.\nBirds sing.';
    expect(excerpt({ text }, 'barking dogs at night', 80)).toEqual([
      'Dogs bark loudly at night. Birds sing.',
    ]);
  });

  it('reads the headings that a chunk begins with', () => {
    expect(openingHeadings('# A\n## `B` c\n\ntext\n# D')).toEqual(['A', 'B c']);
    expect(openingHeadings('text\n# D')).toEqual([]);
  });
});
