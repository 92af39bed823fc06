import { toMemory } from '../memories/memory.mapper.js';
import type { SearchHit } from './search.schema.js';
import type { HitRecord, NeighbourRecord } from './search.repository.js';

/** What a hit answers beside its row. */
export interface HitScores {
  readonly score: number;
  readonly rankScore: number;
}

export function toHit(row: HitRecord, { score, rankScore }: HitScores): SearchHit {
  return {
    ...toMemory(row),
    score,
    rank_score: rankScore,
    title: row.title,
    url: row.url,
    author: row.author,
    source_updated_at: row.source_updated_at?.toISOString() ?? null,
    synced_at: row.synced_at?.toISOString() ?? null,
  };
}

/** Each hit with its own neighbours; the lists are empty for memories of no document. */
export function withNeighbours(
  hits: readonly SearchHit[],
  neighbours: readonly NeighbourRecord[],
): SearchHit[] {
  return hits.map((hit) => {
    const own = neighbours.filter((neighbour) => neighbour.hit_id === hit.id);
    const side = (isBefore: boolean) =>
      own
        .filter((neighbour) => neighbour.is_before === isBefore)
        .map(({ id, text }) => ({ id, text }));
    return { ...hit, neighbours: { before: side(true), after: side(false) } };
  });
}
