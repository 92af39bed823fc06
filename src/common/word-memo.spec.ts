import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { WordMemo } from './word-memo.js';

const whole = <V>(memo: WordMemo<V>, word: string): V => memo.get(word, 0, word.length);

describe('WordMemo', () => {
  it('answers what the function does, for any words wherever they stand', () => {
    // Few characters, so that words come again, and words of other lengths begin the same.
    const unit = fc.constantFrom('a', 'b', '\0', 'é', '漢');
    const words = fc.array(fc.string({ unit, maxLength: 14 }), { maxLength: 60 });
    const values = {
      strings: (word: string) => `<${word}>`,
      integers: (word: string) => word.length - 4,
      'large and broken numbers': (word: string) => (word.length - 4) * 2 ** 31.5,
      'some integers': (word: string) => (word.length % 2 === 0 ? word.length : [word]),
    };
    fc.assert(
      fc.property(
        words,
        fc.constantFrom(1, 2, 8, 64),
        fc.constantFrom(...Object.values<(word: string) => unknown>(values)),
        (list, capacity, compute) => {
          const memo = new WordMemo(capacity, compute);
          for (const one of list) {
            expect(memo.get(`-${one}-`, 1, 1 + one.length)).toStrictEqual(compute(one));
            expect(memo.size).toBeLessThanOrEqual(capacity);
          }
        },
      ),
    );
  });

  it('computes a value once while there is room', () => {
    const compute = jest.fn((word: string) => word.length);
    const memo = new WordMemo(16, compute);
    const words = ['a', 'bc', 'défense', 'оборона', 'x'.repeat(11), 'x'.repeat(12), 'x'.repeat(40)];
    for (let i = 0; i < 3; i++) for (const word of words) whole(memo, word);
    expect(compute.mock.calls.flat()).toEqual(words);
  });

  it('forgets all when it is full and goes on', () => {
    const compute = jest.fn((word: string) => word.length);
    const memo = new WordMemo(2, compute);
    expect(['a', 'bc', 'def', 'a'].map((word) => whole(memo, word))).toEqual([1, 2, 3, 1]);
    expect(compute).toHaveBeenCalledTimes(4);
    expect(memo.size).toBe(2);
  });

  it('is full of short, long and other words together', () => {
    const memo = new WordMemo(4, (word) => word);
    const words = ['a', 'b'.repeat(12), 'c', 'дом', 'e'];
    for (const word of words) expect(whole(memo, word)).toBe(word);
    expect(memo.size).toBe(1);
  });

  it('does not keep the texts in memory that words came from', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const memo = new WordMemo(64, (word) => word.length);
    const used = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    for (let i = 0; i < 50; i++) {
      const text = `${'some words '.repeat(2 ** 16)} identifier-${i} `;
      memo.get(text, text.indexOf('identifier'), text.length - 1);
    }
    expect(memo.size).toBe(50);
    expect(used() - before).toBeLessThan(10 * 2 ** 20);
  });

  it('does not remember words of more than 40 characters', () => {
    const memo = new WordMemo(4, (word) => word.length);
    expect(whole(memo, 'x'.repeat(41))).toBe(41);
    expect(memo.size).toBe(0);
  });
});
