import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import {
  VECTOR_INDEX,
  type MemoryFilter,
  type ReadRows,
  type VectorIndex,
} from '../indexing/vector-index.js';
import { bestHits } from './best-hits.js';
import { calibrated, leastCosine, rounded } from './calibration.js';
import type { SearchMode } from './search-query.js';
import { SearchRepository, type HitRecord, type SearchedCollection } from './search.repository.js';

const LEAST_DEPTH = 200;
const DEPTH_PER_HIT = 4;
const ROUNDS = 4;

/** One search among collections of one embedding space (in text mode, of any spaces). */
export interface SpaceQuery {
  /** At least one. */
  readonly collections: readonly SearchedCollection[];
  readonly mode: SearchMode;
  readonly embedding: Float32Array | null;
  readonly text: string;
  readonly limit: number;
  readonly minScore: number;
  readonly boosts: boolean;
  readonly filter: MemoryFilter;
}

export interface SpaceHit {
  readonly row: HitRecord;
  readonly score: number;
  readonly rankScore: number;
}

@Injectable()
export class SpaceSearch {
  constructor(
    private readonly repository: SearchRepository,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The best memories that may be shown. Hidden ones can crowd out the others in what the index
   * answers first; then it is asked again, without them and for more.
   */
  async search(read: ReadRows, tenant: string, query: SpaceQuery): Promise<SpaceHit[]> {
    const { collections, embedding, limit, boosts } = query;
    const { space_id: id, dimensions, score_low: low } = collections[0]!;
    const collectionIds = collections.map((collection) => collection.id);
    const options = { limit, boosts, now: this.clock.now() };
    for (let round = 0; ; round += 1) {
      const list = await this.index.candidates(read, {
        tenant,
        space: { id, dimensions },
        collectionIds,
        mode: query.mode,
        embedding,
        text: query.text,
        depth: Math.max(LEAST_DEPTH, DEPTH_PER_HIT * limit) * 2 ** round,
        minCosine: leastCosine(query.minScore, low),
        filter: query.filter,
        visibleOnly: round > 0,
      });
      const best = await bestHits(list.candidates, options, (ids) =>
        read((tx) => this.repository.standings(tx, tenant, collectionIds, ids)),
      );
      const crowdedOut = best.length < limit && best.length < list.candidates.length;
      if (crowdedOut && list.full && round + 1 < ROUNDS) continue;
      if (best.length === 0) return [];
      const ids = best.map(({ candidate }) => candidate.memoryId);
      const rows = await read((tx) => this.repository.hits(tx, tenant, collectionIds, ids));
      return best.flatMap(({ candidate, rankScore }) => {
        const row = rows.get(candidate.memoryId);
        // Hidden since it was ranked.
        if (!row) return [];
        const score = embedding ? calibrated(candidate.cosine, low) : rounded(candidate.coverage);
        return [{ row, rankScore, score }];
      });
    }
  }
}
