import fc from 'fast-check';
import { chooseQueries } from './demo-queries.js';
import { shellQuoted } from './demo-output.js';
import { freeCollection } from './demo.js';

const memory = (file: string, text: string) => ({ text, metadata: { external_id: file } });

describe('queries for an unknown corpus', () => {
  it('are headings of different documents', () => {
    const corpus = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((name) => [
      memory(`${name}.md`, `# Introduction\n\nHello`),
      memory(`${name}.md`, `## Feeding the ${name}-cats daily\n\nFish`),
    ]);
    expect(chooseQueries(corpus)).toEqual([
      'Feeding the b-cats daily',
      'Feeding the d-cats daily',
      'Feeding the f-cats daily',
    ]);
  });

  it('come from one document where there is only one', () => {
    const corpus = ['Feeding cats', 'Washing dogs', 'Teaching parrots', 'Walking fish'].map(
      (title) => memory('pets.md', `## ${title}\n\nText`),
    );
    expect(chooseQueries(corpus)).toEqual(['Feeding cats', 'Washing dogs', 'Teaching parrots']);
  });

  it('are titles, else first words, where there are no headings', () => {
    const corpus = [
      memory('x/0007-deletions_need-proof.pdf', 'Text'),
      memory('a.txt', 'Plain words only'),
    ];
    expect(chooseQueries(corpus).sort()).toEqual(['Plain words only', 'deletions need proof']);
  });

  it('are none for an empty folder, and never empty or repeated', () => {
    expect(chooseQueries([])).toEqual([]);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string({ minLength: 1 }))), (corpus) => {
        const queries = chooseQueries(corpus.map(([file, text]) => memory(file, text)));
        expect(queries.length).toBeLessThanOrEqual(3);
        expect(new Set(queries).size).toBe(queries.length);
        for (const query of queries) expect(query.trim()).not.toBe('');
      }),
    );
  });
});

describe('demo', () => {
  it('gives every folder a collection of its own', () => {
    expect(freeCollection('/home/me/My Notes', [])).toBe('My-Notes');
    expect(freeCollection('/docs', [{ collection: 'docs' }, { collection: 'docs-2' }])).toBe(
      'docs-3',
    );
    expect(freeCollection('/', [])).toBe('demo');
  });

  it('prints a curl line that a shell reads as it stands', () => {
    expect(shellQuoted(`{"query":"don't"}`)).toBe(`'{"query":"don'\\''t"}'`);
  });
});
