import fc from 'fast-check';
import { DigestCounts } from './digest-counts.js';

/** Few first words, so that many digests want the same place. */
const digest = fc
  .tuple(fc.constantFrom('00000000', '00000001', 'ffffffff', '000003ff'), fc.nat({ max: 3000 }))
  .map(([first, rest]) => first + rest.toString(16).padStart(16, '0') + 'ab'.repeat(20));

describe('counts by digest', () => {
  it('are what a Map would hold, however full and crowded the table is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(digest, fc.nat({ max: 1000 })), { maxLength: 3000, size: 'max' }),
        fc.array(digest),
        (entries, others) => {
          const expected = new Map<string, number>();
          const counts = new DigestCounts();
          for (const [key, count] of entries) {
            expected.set(key, count);
            counts.set(key, count);
          }
          const keys = [...expected.keys(), ...others];
          expect(keys.map((key) => counts.get(key))).toEqual(
            keys.map((key) => expected.get(key) ?? 0),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('tell digests apart that share their first words', () => {
    const counts = new DigestCounts();
    counts.set('a'.repeat(16) + '00000001' + 'f'.repeat(40), 1);
    expect(counts.get('a'.repeat(16) + '00000002' + 'f'.repeat(40))).toBe(0);
  });
});
