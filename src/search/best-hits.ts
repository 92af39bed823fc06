import type { Candidate } from '../indexing/vector-index.js';
import { boost, boosted, HIGHEST_BOOST, type Boostable } from './boosts.js';

/** Read beside those that are sure to be needed, in place of hidden ones among them. */
const SPARE_ROWS = 8;

export interface RankedHit {
  readonly candidate: Candidate;
  readonly rankScore: number;
}

export interface RankOptions {
  readonly limit: number;
  readonly boosts: boolean;
  readonly now: Date;
}

/**
 * The best `limit` candidates that may be shown, boosts included, as if every candidate's row had
 * been read. Boosts are bounded, so rows beyond their reach are left where they are.
 * @param candidates best fused first
 * @param read what ranks them, by id, of those that may be shown
 * @returns fewer than `limit` only when all candidates were read
 */
export async function bestHits(
  candidates: readonly Candidate[],
  options: RankOptions,
  read: (ids: string[]) => Promise<ReadonlyMap<string, Boostable>>,
): Promise<RankedHit[]> {
  const { limit, boosts, now } = options;
  const hits: RankedHit[] = [];
  let seen = 0;
  while (seen < candidates.length && !settled(hits, candidates[seen]!, options)) {
    const slice = candidates.slice(seen, seen + next(hits, candidates, seen, options));
    seen += slice.length;
    const rows = await read(slice.map(({ memoryId }) => memoryId));
    for (const candidate of slice) {
      const row = rows.get(candidate.memoryId);
      if (!row) continue;
      const share = boosts ? boost(row, now) : 0;
      hits.push({ candidate, rankScore: boosted(candidate.fused, share) });
    }
    hits.sort((a, b) => b.rankScore - a.rankScore || byId(a.candidate, b.candidate));
  }
  return hits.slice(0, limit);
}

/** True when not even the highest boost takes `next` into the list. */
function settled(
  hits: readonly RankedHit[],
  next: Candidate,
  { limit, boosts }: RankOptions,
): boolean {
  const last = hits[limit - 1];
  return last !== undefined && last.rankScore > boosted(next.fused, boosts ? HIGHEST_BOOST : 0);
}

/**
 * How many candidates from `seen` on to read at once. First the best ones: their boosts tell how
 * few of the others can still come into the list.
 */
function next(
  hits: readonly RankedHit[],
  candidates: readonly Candidate[],
  seen: number,
  options: RankOptions,
): number {
  const missing = options.limit - hits.length;
  // Twice as many each time, since where many are hidden many more may be.
  if (missing > 0) return Math.max(missing + SPARE_ROWS, seen);
  let end = seen + 1;
  while (end < candidates.length && !settled(hits, candidates[end]!, options)) end += 1;
  return end - seen;
}

function byId(a: Candidate, b: Candidate): number {
  return a.memoryId < b.memoryId ? -1 : 1;
}
