import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CollectionRef } from '../../collections/collections.service.js';
import { Database } from '../../database/database.js';
import { VECTOR_INDEX, type IndexQuery, type VectorIndex } from '../../indexing/vector-index.js';
import { slices } from '../../remember/slices.js';
import type { NearPair } from './dedup-plan.js';
import type { DedupCandidate } from './dedup.repository.js';

/** Searches per transaction: each may be a scan, and people's searches wait for it. */
const SEARCHES_PER_TRANSACTION = 4;
/** Neighbours asked for first; copies of the memory itself come on top, since they come first. */
const NEIGHBOURS = 32;
const MAX_DEPTH = 1_000;

/** Finds near texts with one search per group of equal texts, never by comparing all pairs. */
@Injectable()
export class NearPairs {
  constructor(
    private readonly database: Database,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Pairs of groups in one container tag that reach the score.
   * @throws the signal's reason when it aborts
   */
  async find(
    tenant: string,
    collection: CollectionRef,
    groups: readonly (readonly DedupCandidate[])[],
    minScore: number,
    signal: AbortSignal,
  ): Promise<NearPair[]> {
    const groupOf = new Map<string, number>();
    groups.forEach((group, at) => group.forEach((member) => groupOf.set(member.id, at)));
    const pairs: NearPair[] = [];
    for (const batch of slices([...groups.keys()], SEARCHES_PER_TRANSACTION)) {
      signal.throwIfAborted();
      const found = await this.database.inTenant(
        tenant,
        (tx) =>
          this.neighbours(
            tx,
            tenant,
            collection,
            batch.map((at) => groups[at]!),
            minScore,
          ),
        { priority: 'background' },
      );
      for (const { from, to, score } of found) {
        const [a, b] = [groupOf.get(from)!, groupOf.get(to)];
        if (b === undefined || a === b) continue;
        if (groups[a]![0]!.containerTag === groups[b]![0]!.containerTag)
          pairs.push({ a, b, score });
      }
    }
    return pairs;
  }

  private async neighbours(
    tx: EntityManager,
    tenant: string,
    collection: CollectionRef,
    groups: readonly (readonly DedupCandidate[])[],
    minScore: number,
  ): Promise<{ from: string; to: string; score: number }[]> {
    const { scoreLow } = collection;
    const firsts = groups.map((group) => group[0]!);
    const vectors = await this.index.vectors(
      tx,
      collection.spaceId,
      firsts.map((member) => member.id),
    );
    const found: { from: string; to: string; score: number }[] = [];
    for (const [at, member] of firsts.entries()) {
      const embedding = vectors.get(member.id);
      if (!embedding) continue;
      const query: IndexQuery = {
        tenant,
        space: { id: collection.spaceId, dimensions: collection.dimensions },
        collectionIds: [collection.id],
        mode: 'vector',
        embedding,
        text: '',
        depth: NEIGHBOURS + groups[at]!.length,
        minCosine: scoreLow + minScore * (1 - scoreLow),
        filter: { containerTag: member.containerTag ?? undefined, excludeIds: [member.id] },
      };
      let list = await this.index.candidates(tx, query);
      if (list.full && list.candidates.every(({ cosine }) => cosine >= query.minCosine)) {
        list = await this.index.candidates(tx, { ...query, depth: MAX_DEPTH, visibleOnly: true });
      }
      for (const { memoryId, cosine } of list.candidates) {
        const score = Math.min(1, Math.max(0, (cosine - scoreLow) / (1 - scoreLow)));
        if (score >= minScore) found.push({ from: member.id, to: memoryId, score });
      }
    }
    return found;
  }
}
