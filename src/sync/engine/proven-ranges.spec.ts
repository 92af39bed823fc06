import fc from 'fast-check';
import type { CreatedRange } from '../../../connectors/sdk/contract.js';
import { coversEverything, fromStored, mergeRanges, toStored } from './proven-ranges.js';

const range = (from: number | null, to: number | null): CreatedRange => ({
  from: from === null ? null : new Date(from),
  to: to === null ? null : new Date(to),
});
const bound = fc.option(fc.integer({ min: 0, max: 40 }));
const anyRanges = fc.array(fc.tuple(bound, bound).map(([from, to]) => range(from, to)));

const holds = (ranges: readonly CreatedRange[], time: number): boolean =>
  ranges.some(
    ({ from, to }) =>
      (from === null || from.getTime() <= time) && (to === null || time < to.getTime()),
  );

describe('merging proven ranges', () => {
  it('joins neighbours and leaves gaps', () => {
    const merged = mergeRanges([range(20, null), range(5, 10), range(10, 15)]);
    expect(merged).toEqual([range(5, 15), range(20, null)]);
    expect(coversEverything(merged)).toBe(false);
  });

  it('knows when everything is covered, in whatever order it was proven', () => {
    expect(coversEverything([range(20, null), range(null, 10), range(10, 20)])).toBe(true);
    expect(coversEverything([range(20, null), range(null, 19)])).toBe(false);
    expect(coversEverything([])).toBe(false);
  });

  it('neither adds nor loses a moment', () => {
    fc.assert(
      fc.property(anyRanges, fc.integer({ min: -2, max: 42 }), (ranges, time) => {
        const merged = mergeRanges(ranges);
        expect(holds(merged, time)).toBe(holds(ranges, time));
        expect(mergeRanges(merged)).toEqual(merged);
        expect(fromStored(toStored(merged))).toEqual(merged);
      }),
    );
  });

  it('leaves ranges that neither overlap nor touch', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => {
        const merged = mergeRanges(ranges);
        for (const [n, next] of merged.slice(1).entries())
          expect(merged[n]!.to!.getTime()).toBeLessThan(next.from!.getTime());
      }),
    );
  });
});
