import { averagePrecisionAt, meanOver, ndcgAt, recallAt } from './measures.js';

const relevant = new Set(['a', 'b', 'c']);

describe('retrieval measures', () => {
  it('gives 1 to a ranking that starts with all relevant documents', () => {
    const ranking = ['b', 'a', 'c', 'x', 'y'];
    expect(ndcgAt(ranking, relevant, 10)).toBe(1);
    expect(averagePrecisionAt(ranking, relevant, 10)).toBe(1);
    expect(recallAt(ranking, relevant, 10)).toBe(1);
  });

  it('discounts hits by the logarithm of their rank', () => {
    // Hits at ranks 1 and 3: 1/log2(2) + 1/log2(4) over 1/log2(2) + 1/log2(3) + 1/log2(4).
    expect(ndcgAt(['a', 'x', 'b'], relevant, 10)).toBeCloseTo(1.5 / (1.5 + 1 / Math.log2(3)), 12);
  });

  it('normalises by the ideal order within the cut, not by all relevant documents', () => {
    expect(ndcgAt(['a', 'b', 'x'], relevant, 2)).toBe(1);
  });

  it('averages precision over all relevant documents, found or not', () => {
    expect(averagePrecisionAt(['a', 'x', 'b'], relevant, 10)).toBeCloseTo((1 + 2 / 3) / 3, 12);
  });

  it('looks no further than k', () => {
    const ranking = ['x', 'y', 'a'];
    expect(ndcgAt(ranking, relevant, 2)).toBe(0);
    expect(averagePrecisionAt(ranking, relevant, 2)).toBe(0);
    expect(recallAt(ranking, relevant, 2)).toBe(0);
    expect(recallAt(ranking, relevant, 3)).toBeCloseTo(1 / 3, 12);
  });

  it('takes the mean over the judged queries only', () => {
    const runs = [
      { ranking: ['a'], relevant: new Set(['a']) },
      { ranking: ['x'], relevant: new Set(['a']) },
      { ranking: ['a'], relevant: new Set<string>() },
    ];
    expect(meanOver(runs, recallAt, 10)).toBe(0.5);
    expect(ndcgAt(['a'], new Set(), 10)).toBeNaN();
  });
});
