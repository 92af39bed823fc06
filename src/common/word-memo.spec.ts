import fc from 'fast-check';
import { WordMemo } from './word-memo.js';

const whole = <V>(memo: WordMemo<V>, word: string): V => memo.get(word, 0, word.length);

describe('WordMemo', () => {
  it('answers what the function does, for any words wherever they stand', () => {
    // Few characters, so that words come again, and words of other lengths begin the same.
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '漢'), minLength: 1 });
    const words = fc.array(word, { maxLength: 60 });
    fc.assert(
      fc.property(words, fc.constantFrom(1, 2, 8, 64), (list, capacity) => {
        const memo = new WordMemo(capacity, (one) => `<${one}>`);
        for (const one of list) {
          expect(memo.get(`-${one}-`, 1, 1 + one.length)).toBe(`<${one}>`);
          expect(memo.size).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });

  it('computes a value once while there is room', () => {
    const compute = jest.fn((word: string) => word.length);
    const memo = new WordMemo(16, compute);
    for (let i = 0; i < 3; i++) for (const word of ['a', 'bc', 'def']) whole(memo, word);
    expect(compute.mock.calls).toEqual([['a'], ['bc'], ['def']]);
  });

  it('forgets all when it is full and goes on', () => {
    const compute = jest.fn((word: string) => word.length);
    const memo = new WordMemo(2, compute);
    expect(['a', 'bc', 'def', 'a'].map((word) => whole(memo, word))).toEqual([1, 2, 3, 1]);
    expect(compute).toHaveBeenCalledTimes(4);
    expect(memo.size).toBe(2);
  });

  it('is full, too, when long words have used up its room', () => {
    const memo = new WordMemo(4, (word) => word);
    const words = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(40));
    for (const word of [...words, ...words]) expect(whole(memo, word)).toBe(word);
    expect(memo.size).toBeLessThan(4);
  });

  it('does not remember words of more than 40 characters', () => {
    const memo = new WordMemo(4, (word) => word.length);
    expect(whole(memo, 'x'.repeat(41))).toBe(41);
    expect(memo.size).toBe(0);
  });
});
