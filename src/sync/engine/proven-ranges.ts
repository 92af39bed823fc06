import type { CreatedRange } from '../../../connectors/sdk/contract.js';

/** Everything, whenever it was created. */
export const EVERYTHING: CreatedRange = { from: null, to: null };

/** A range as it is stored: ISO times. */
export interface StoredRange {
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * Times of creation in which everything was listed, as few half-open ranges in order: those that
 * overlap or touch become one, empty ones vanish.
 */
export function mergeRanges(ranges: readonly CreatedRange[]): CreatedRange[] {
  const sorted = ranges
    .filter((range) => startOf(range) < endOf(range))
    .sort((a, b) => compare(startOf(a), startOf(b)));
  const merged: CreatedRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (!last || startOf(range) > endOf(last)) merged.push(range);
    else if (endOf(range) > endOf(last)) merged[merged.length - 1] = { ...last, to: range.to };
  }
  return merged;
}

export function coversEverything(ranges: readonly CreatedRange[]): boolean {
  return mergeRanges(ranges).some(({ from, to }) => from === null && to === null);
}

export function toStored(ranges: readonly CreatedRange[]): StoredRange[] {
  return ranges.map(({ from, to }) => ({
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
  }));
}

export function fromStored(ranges: readonly StoredRange[]): CreatedRange[] {
  return ranges.map(({ from, to }) => ({
    from: from === null ? null : new Date(from),
    to: to === null ? null : new Date(to),
  }));
}

const startOf = ({ from }: CreatedRange): number => from?.getTime() ?? -Infinity;
const endOf = ({ to }: CreatedRange): number => to?.getTime() ?? Infinity;

/** Infinities have no difference. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);
