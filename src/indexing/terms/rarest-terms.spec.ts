import fc from 'fast-check';
import { rarestTerms } from './rarest-terms.js';

const ids = (terms: readonly { id: number }[]): number[] => terms.map((term) => term.id);

describe('rarestTerms', () => {
  it('stops once the rarest terms reach the share and carry half of the weight', () => {
    const terms = [
      { id: 1, df: 30_000 },
      { id: 2, df: 4_000 },
      { id: 3, df: 1_500 },
      { id: 4, df: 10 },
    ];
    expect(ids(rarestTerms(terms, 100_000))).toEqual([4, 3, 2]);
  });

  it('goes on beyond the share while most of the weight lies in commoner terms', () => {
    const terms = [1, 2, 3, 4, 5].map((id) => ({ id, df: 6_000 + id }));
    expect(ids(rarestTerms(terms, 100_000))).toEqual([1, 2, 3]);
  });

  it('leaves a term out that is in a fifth of the documents when a rare one suffices', () => {
    const terms = [
      { id: 1, df: 2_000 },
      { id: 2, df: 40_000 },
    ];
    expect(ids(rarestTerms(terms, 100_000))).toEqual([1]);
    expect(ids(rarestTerms(terms, 100_000, 0.05, 3_000))).toEqual([1, 2]);
  });

  it('takes every term in a small collection', () => {
    const terms = [3, 200, 400].map((df, id) => ({ id, df }));
    expect(rarestTerms(terms, 900)).toHaveLength(3);
  });

  it('counts a repeated query word as often as it occurs', () => {
    const terms = [
      { id: 1, df: 5_500, occurrences: 1 },
      { id: 2, df: 6_000, occurrences: 9 },
    ];
    expect(ids(rarestTerms(terms, 100_000))).toEqual([1, 2]);
  });

  it('drops unknown terms unless all are unknown', () => {
    expect(ids(rarestTerms([{ id: 1, df: 0 }, { id: 2, df: 5 }], 100))).toEqual([2]); // prettier-ignore
    expect(ids(rarestTerms([{ id: 2, df: 0 }, { id: 1, df: 0 }], 100))).toEqual([1, 2]); // prettier-ignore
    expect(rarestTerms([], 100)).toEqual([]);
  });

  it('picks a prefix of the terms by rarity, never none', () => {
    const term = fc.record({ id: fc.nat(), df: fc.integer({ min: 1, max: 50_000 }) });
    const distinct = fc.uniqueArray(term, { selector: ({ id }) => id, minLength: 1 });
    fc.assert(
      fc.property(distinct, (terms) => {
        const picked = rarestTerms(terms, 50_000);
        const sorted = terms.toSorted((a, b) => a.df - b.df || a.id - b.id);
        expect(picked.length).toBeGreaterThan(0);
        expect(picked).toEqual(sorted.slice(0, picked.length));
      }),
    );
  });
});
