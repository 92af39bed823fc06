import fc from 'fast-check';
import { analyse, idf, queryTerms, termId, weigh } from './sparse-encoder.js';
import { STOP_WORDS } from './stop-words.js';

describe('STOP_WORDS', () => {
  it('has 132 words: the 127 of english.stop and five modals', () => {
    expect(STOP_WORDS.size).toBe(132);
    for (const word of ['would', 'could', 'may', 'might', 'shall', 'don', 'yourselves', 'now']) {
      expect(STOP_WORDS.has(word)).toBe(true);
    }
  });
});

describe('termId', () => {
  it('never changes, because ids are stored', () => {
    expect(['tributari', 'a', '', '東京', 'deploy'].map(termId)).toEqual([
      772958034, 103526217, 668922189, 173529990, 856625729,
    ]);
  });

  it('stays in the range of sparsevec', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (term) => {
        const id = termId(term);
        expect(Number.isInteger(id) && id >= 1 && id <= 1_000_000_000).toBe(true);
      }),
    );
  });

  it('collides about as rarely as chance allows', () => {
    const ids = new Set<number>();
    for (let i = 0; i < 100_000; i++) ids.add(termId(`term${i.toString(36)}`));
    expect(100_000 - ids.size).toBeLessThan(25); // 5 expected
  });
});

describe('analyse', () => {
  it('counts stems and leaves out stop words', () => {
    const { terms, counts, length } = analyse('The deploys of a deploy: deploying failed');
    expect(length).toBe(4);
    const byId = new Map(terms.map((id, at) => [id, counts[at]]));
    expect(byId).toEqual(
      new Map([
        [termId('deploi'), 3],
        [termId('fail'), 1],
      ]),
    );
  });

  it('gives ascending unique ids whose counts sum to the length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const { terms, counts, length } = analyse(text);
        expect(terms).toEqual([...new Set(terms)].sort((a, b) => a - b));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(length);
        expect(counts.length).toBe(terms.length);
      }),
    );
  });

  it('keeps all words of a text of stop words only', () => {
    expect(analyse('To be, or not to be').length).toBe(6);
    expect(analyse('').length).toBe(0);
  });
});

describe('queryTerms', () => {
  it('falls back to all words when the query has stop words only', () => {
    const document = new Set(analyse('to be or not to be').terms);
    const query = queryTerms('to be');
    expect(query).toHaveLength(2);
    expect(query.every(({ id }) => document.has(id))).toBe(true);
    expect(queryTerms('what is the deploy')).toEqual([{ id: termId('deploi'), occurrences: 1 }]);
  });

  it('counts repeated words', () => {
    expect(queryTerms('error, errors')).toEqual([{ id: termId('error'), occurrences: 2 }]);
  });
});

describe('weigh', () => {
  it('saturates with k1 1.2 and normalises length with b 0.4', () => {
    const counts = { terms: [1, 2], counts: [1, 3], length: 4 };
    expect(weigh(counts, 4)).toEqual([1, (3 * 2.2) / (3 + 1.2)]);
    expect(weigh(counts, 2)[0]).toBeCloseTo(2.2 / (1 + 1.2 * (0.6 + 0.8)), 12);
  });

  it('takes a text for average where no average is known', () => {
    expect(weigh({ terms: [1], counts: [1], length: 50 }, 0)).toEqual([1]);
  });

  it('grows with the count, stays below k1 + 1, falls with the length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 500 }),
        (tf, length) => {
          const weightOf = (count: number, words: number): number =>
            weigh({ terms: [1], counts: [count], length: words }, 60)[0]!;
          expect(weightOf(tf + 1, length)).toBeGreaterThan(weightOf(tf, length));
          expect(weightOf(tf, length)).toBeLessThan(2.2);
          expect(weightOf(tf, length + 1)).toBeLessThan(weightOf(tf, length));
        },
      ),
    );
  });
});

describe('idf', () => {
  it('is never negative and falls with the document frequency', () => {
    expect(idf(100, 1)).toBeCloseTo(Math.log(1 + 99.5 / 1.5), 12);
    expect(idf(100, 100)).toBeGreaterThan(0);
    expect(idf(100, 2)).toBeLessThan(idf(100, 1));
  });
});
