import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { together } from '../database/together.js';
import {
  VECTOR_INDEX,
  type Candidate,
  type CandidateList,
  type IndexQuery,
  type MemoryFilter,
  type PreparedQuery,
  type ReadRows,
  type VectorIndex,
} from '../indexing/vector-index.js';
import { bestHits, type RankedHit, type RankOptions, type Standing } from './best-hits.js';
import type { Boostable } from './boosts.js';
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

/** Candidates with their own scores, by memory id; null where the list has no others. */
type OwnScores = ReadonlyMap<string, Candidate> | null;

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
   * What `search` reads first, for whoever reads something else in the same transaction; `search`
   * is to be called in that one too where the index is in the database.
   */
  prepare(tx: EntityManager, tenant: string, query: SpaceQuery): Promise<PreparedQuery> {
    return this.index.prepare(tx, indexQuery(tenant, query, 0));
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
    const { embedding, limit, boosts } = query;
    const { score_low: low } = query.collections[0]!;
    for (let round = 0; ; round += 1) {
      const asked = indexQuery(tenant, query, round);
      const list = await this.index.candidates(read, asked, round === 0 ? prepared : undefined);
      if (list.candidates.length === 0) return [];
      const options = { limit, boosts, now: this.clock.now() };
      const { hits, hidden } = await read((tx) => this.best(tx, asked, list, options));
      const crowdedOut = hits.length < limit && hidden;
      if (!crowdedOut || !list.full || round + 1 === ROUNDS) {
        return hits.map(({ candidate, row, rankScore }) => ({
          row,
          rankScore,
          score: embedding ? calibrated(candidate.cosine, low) : rounded(candidate.coverage),
        }));
      }
    }
  }

  /** @returns also whether any candidate that was looked at is hidden */
  private async best(
    tx: EntityManager,
    { tenant, collectionIds }: IndexQuery,
    list: CandidateList,
    options: RankOptions,
  ): Promise<{ hits: (RankedHit & { row: HitRecord })[]; hidden: boolean }> {
    const whole = new Map<string, HitRecord>();
    let hidden = false;
    const readWhole = async (ids: string[]): Promise<ReadonlyMap<string, HitRecord>> => {
      const found = await this.repository.hits(tx, tenant, collectionIds, ids);
      for (const [id, row] of found) whole.set(id, row);
      return found;
    };
    const ranked = await bestHits(list.candidates, options, async (candidates) => {
      const ids = candidates.map(({ memoryId }) => memoryId);
      const [rows, own] = await together<[ReadonlyMap<string, Boostable>, OwnScores]>(
        () =>
          ids.length <= WHOLE_ROWS
            ? readWhole(ids)
            : this.repository.standings(tx, tenant, collectionIds, ids),
        () => list.complete?.(tx, candidates) ?? Promise.resolve(null),
      );
      hidden ||= rows.size < ids.length;
      return standings(candidates, rows, own);
    });
    const lacking = ranked
      .map(({ candidate }) => candidate.memoryId)
      .filter((id) => !whole.has(id));
    if (lacking.length > 0) await readWhole(lacking);
    const hits = ranked.flatMap((hit) => {
      const row = whole.get(hit.candidate.memoryId);
      // None: hidden since it was ranked.
      return row ? [{ ...hit, row }] : [];
    });
    return { hits, hidden: hidden || hits.length < ranked.length };
  }
}

/** Those candidates that may be shown. */
function standings(
  candidates: readonly Candidate[],
  rows: ReadonlyMap<string, Boostable>,
  own: OwnScores,
): Standing[] {
  return candidates.flatMap(({ memoryId }, at) => {
    const row = rows.get(memoryId);
    const candidate = own ? own.get(memoryId) : candidates[at];
    return row && candidate ? [{ row, candidate }] : [];
  });
}

/** What the index is asked first, and again while hidden memories crowd out the others. */
function indexQuery(tenant: string, query: SpaceQuery, round: number): IndexQuery {
  const { space_id: id, dimensions, score_low: low } = query.collections[0]!;
  return {
    tenant,
    space: { id, dimensions },
    collectionIds: query.collections.map((one) => one.id),
    mode: query.mode,
    embedding: query.embedding,
    text: query.text,
    depth: Math.max(LEAST_DEPTH, DEPTH_PER_HIT * query.limit) * 2 ** round,
    minCosine: leastCosine(query.minScore, low),
    filter: query.filter,
    visibleOnly: round > 0,
  };
}
