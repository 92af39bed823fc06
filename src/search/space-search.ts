import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import {
  VECTOR_INDEX,
  type Candidate,
  type IndexQuery,
  type MemoryFilter,
  type PreparedQuery,
  type ReadRows,
  type VectorIndex,
} from '../indexing/vector-index.js';
import { bestHits, type RankedHit, type RankOptions } from './best-hits.js';
import { calibrated, leastCosine, rounded } from './calibration.js';
import type { SearchMode } from './search-query.js';
import { SearchRepository, type HitRecord, type SearchedCollection } from './search.repository.js';

/**
 * So many rows are read whole at once, which saves a statement. Where many memories are alike, ten
 * times as many are ranked as are shown; then their texts stay where they are.
 */
const WHOLE_ROWS = 100;
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

interface RankScope {
  readonly tenant: string;
  readonly collectionIds: readonly string[];
  readonly options: RankOptions;
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

  /** What `search` would read first, where the index is outside the database. */
  async prepare(
    tx: EntityManager,
    { collections, mode }: Pick<SpaceQuery, 'collections' | 'mode'>,
    text: string,
  ): Promise<PreparedQuery | undefined> {
    return this.index.prepare?.(tx, { ...scopeOf(collections), mode, text });
  }

  /**
   * The best memories that may be shown. Hidden ones can crowd out the others in what the index
   * answers first; then it is asked again, without them and for more.
   */
  async search(
    read: ReadRows,
    tenant: string,
    query: SpaceQuery,
    prepared?: PreparedQuery,
  ): Promise<SpaceHit[]> {
    const { collections, embedding, limit, boosts } = query;
    const { score_low: low } = collections[0]!;
    const { space, collectionIds } = scopeOf(collections);
    const scope = { tenant, collectionIds, options: { limit, boosts, now: this.clock.now() } };
    for (let round = 0; ; round += 1) {
      const asked = {
        ...{ tenant, space, collectionIds, embedding },
        mode: query.mode,
        text: query.text,
        depth: Math.max(LEAST_DEPTH, DEPTH_PER_HIT * limit) * 2 ** round,
        minCosine: leastCosine(query.minScore, low),
        filter: query.filter,
        visibleOnly: round > 0,
      };
      const list = await this.index.candidates(read, asked, prepared);
      if (list.candidates.length === 0) return [];
      const hits = await read((tx) => this.best(tx, scope, list.candidates));
      const crowdedOut = hits.length < limit && hits.length < list.candidates.length;
      if (!crowdedOut || !list.full || round + 1 === ROUNDS) {
        return hits.map(({ candidate, row, rankScore }) => ({
          row,
          rankScore,
          score: embedding ? calibrated(candidate.cosine, low) : rounded(candidate.coverage),
        }));
      }
    }
  }

  private async best(
    tx: EntityManager,
    { tenant, collectionIds, options }: RankScope,
    candidates: readonly Candidate[],
  ): Promise<(RankedHit & { row: HitRecord })[]> {
    const rows = new Map<string, HitRecord>();
    const readWhole = async (ids: string[]): Promise<ReadonlyMap<string, HitRecord>> => {
      const found = await this.repository.hits(tx, tenant, collectionIds, ids);
      for (const [id, row] of found) rows.set(id, row);
      return found;
    };
    const ranked = await bestHits(candidates, options, (ids) =>
      ids.length <= WHOLE_ROWS
        ? readWhole(ids)
        : this.repository.standings(tx, tenant, collectionIds, ids),
    );
    const ids = ranked.map(({ candidate }) => candidate.memoryId);
    const lacking = ids.filter((id) => !rows.has(id));
    if (lacking.length > 0) await readWhole(lacking);
    return ranked.flatMap((hit) => {
      const row = rows.get(hit.candidate.memoryId);
      // None: hidden since it was ranked.
      return row ? [{ ...hit, row }] : [];
    });
  }
}

function scopeOf(
  collections: readonly SearchedCollection[],
): Pick<IndexQuery, 'space' | 'collectionIds'> {
  const { space_id: id, dimensions } = collections[0]!;
  return { space: { id, dimensions }, collectionIds: collections.map((one) => one.id) };
}
