import fc from 'fast-check';
import { SeenBitmap } from './seen-bitmap.js';

describe('SeenBitmap', () => {
  it('knows exactly the numbers that were added, also after a round trip', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5000)), fc.nat(5000), (added, probe) => {
        const bitmap = new SeenBitmap();
        for (const seq of added) bitmap.add(seq);
        const restored = new SeenBitmap(bitmap.toBuffer());
        expect(added.every((seq) => restored.has(seq))).toBe(true);
        expect(restored.has(probe)).toBe(added.includes(probe));
      }),
    );
  });

  it('takes one bit per number', () => {
    const bitmap = new SeenBitmap();
    bitmap.add(99_999);
    expect(bitmap.toBuffer()).toHaveLength(12_500);
  });

  it('uses the bit order of get_bit on bytea', () => {
    const bitmap = new SeenBitmap();
    bitmap.add(0);
    bitmap.add(9);
    expect([...bitmap.toBuffer()]).toEqual([1, 2]);
  });
});
