import { Inject, Injectable } from '@nestjs/common';
import type { CollectionRef } from '../../collections/collections.service.js';
import { Database } from '../../database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../../indexing/vector-index.js';
import { slices } from '../../remember/slices.js';
import { calibrated, leastCosine } from '../../search/calibration.js';
import type { NearGroups } from './dedup-plan.js';
import type { DedupCandidate } from './dedup.repository.js';
import { NearVectors } from './near-vectors.js';

/** Numbers sketched between two turns of the event loop; one takes about 0.2 µs. */
const NUMBERS_PER_PAGE = 50_000;

/**
 * Reads each vector once and answers which texts are near. Asking the index for each memory's
 * neighbours would, in embedded mode, scan the collection once per memory.
 */
@Injectable()
export class NearTexts {
  constructor(
    private readonly database: Database,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Of the pairs right at `minScore` about one in 200 is missed. At 1 only equal texts count, so
   * no vector is read.
   * @throws the signal's reason when it aborts
   */
  async read(
    tenant: string,
    collection: CollectionRef,
    groups: readonly (readonly DedupCandidate[])[],
    minScore: number,
    signal: AbortSignal,
  ): Promise<NearGroups> {
    const { dimensions, scoreLow, spaceId } = collection;
    const count = minScore < 1 ? groups.length : 0;
    const near = new NearVectors(dimensions, leastCosine(minScore, scoreLow), count);
    const tags = new Map<string | null, number>();
    const perPage = Math.max(1, Math.floor(NUMBERS_PER_PAGE / dimensions));
    for (const page of slices([...groups.entries()].slice(0, count), perPage)) {
      signal.throwIfAborted();
      const ids = page.map(([, group]) => group[0]!.id);
      const vectors = await this.database.inTenant(
        tenant,
        (tx) => this.index.vectors(tx, spaceId, ids),
        { priority: 'background' },
      );
      for (const [at, [first]] of page) {
        const tag = tags.get(first!.containerTag) ?? tags.size;
        tags.set(first!.containerTag, tag);
        const vector = vectors.get(first!.id);
        if (vector) near.add(at, tag, vector);
      }
    }
    return {
      take: (at) =>
        near.take(at).map((other) => ({
          at: other.at,
          score: calibrated(other.cosine, scoreLow),
        })),
      remove: (at) => near.remove(at),
    };
  }
}
