import fc from 'fast-check';
import { planBatches } from './batches.js';
import { InFlightLimit } from './in-flight-limit.js';
import { retryAfterMs } from './retry-after.js';
import { cutToTokens, estimateTokens } from './token-estimate.js';

describe('planBatches', () => {
  it('keeps every text, in order, within both limits', () => {
    const lengths = fc.array(fc.nat(400), { maxLength: 60 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 9 }), (all, maxTexts) => {
        const texts = all.map((length, index) => ({ index, text: 'x'.repeat(length) }));
        const batches = planBatches(texts, { maxTexts, maxTokens: 60 });
        expect(batches.flat()).toEqual(texts);
        for (const batch of batches) {
          const tokens = batch.reduce((sum, { text }) => sum + estimateTokens(text), 0);
          expect(batch.length).toBeLessThanOrEqual(maxTexts);
          expect(tokens <= 60 || batch.length === 1).toBe(true);
        }
      }),
    );
  });
});

describe('estimateTokens', () => {
  it('takes four ASCII characters or one other as a token', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('abcde')).toBe(2);
    expect(estimateTokens('漢字')).toBe(2);
  });

  it('is never above the limit after a cut, which takes no half characters and no more than needed', () => {
    const text = fc.string({ unit: 'binary', maxLength: 80 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 20 }), (whole, maxTokens) => {
        const cut = cutToTokens(whole, maxTokens);
        expect(whole.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(true);
        expect(estimateTokens(cut)).toBeLessThanOrEqual(maxTokens);
        if (cut !== whole) expect(estimateTokens(cut)).toBeGreaterThanOrEqual(maxTokens - 1);
      }),
    );
  });
});

describe('retryAfterMs', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  it.each([
    ['nothing', {}, undefined],
    ['seconds', { 'retry-after': '120' }, 120_000],
    ['parts of a second', { 'retry-after': '0.5' }, 500],
    ['zero', { 'retry-after': '0' }, 0],
    ['an HTTP-date', { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
    ['a date gone by', { 'retry-after': 'Wed, 31 Dec 2025 23:59:00 GMT' }, 0],
    ['milliseconds first', { 'retry-after-ms': '250', 'retry-after': '1' }, 250],
    ['a negative number', { 'retry-after': '-5' }, undefined],
    ['other text', { 'retry-after': 'soon' }, undefined],
  ])('reads %s', (_name, headers, expected) => {
    expect(retryAfterMs(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });
});

describe('InFlightLimit', () => {
  it('starts the next piece when one ends, failed ones included, in order of arrival', async () => {
    const limit = new InFlightLimit(1);
    const started: number[] = [];
    const work = (n: number) => (): Promise<number> => {
      started.push(n);
      return n === 1 ? Promise.reject(new Error('one')) : Promise.resolve(n);
    };
    const results = await Promise.allSettled([1, 2, 3].map((n) => limit.run(work(n))));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(started).toEqual([1, 2, 3]);
  });
});
