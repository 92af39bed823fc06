import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CollectionsService } from '../collections/collections.service.js';
import { EmbeddingSpacesService } from '../collections/embedding-spaces.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { StatisticsCheck } from '../indexing/drift/statistics-check.js';
import { QDRANT, type QdrantParts } from '../indexing/qdrant/qdrant-parts.js';
import { VECTOR_INDEX, type SpaceRef, type VectorIndex } from '../indexing/vector-index.js';
import { Embedders } from '../inference/embedders.js';
import { StoredTexts, type StoredTarget } from '../remember/stored/stored-texts.js';
import { slices } from '../remember/slices.js';
import type { ReindexMeter } from './reindex-meter.js';
import { ReindexRepository } from './reindex.repository.js';
import type { ReindexProgress } from './reindex.schema.js';

/** Memories looked at per transaction. */
const PAGE = 1000;
const PAGE_IN_PLACE = 200;
const LOOK_AGAIN_MS = 500;
/**
 * A sync may add memories faster than rounds end. After so many rounds a batch of them may be
 * missing when the new model takes over and get their vectors right after it. Until then pgvector
 * finds them by their words, Qdrant, whose points are made of vectors, not at all.
 */
const STRICT_ROUNDS = 100;
/** Searches that began before the swap still read the old vectors. */
const GRACE_MS = 2000;

export interface ReindexRun {
  readonly tenant: string;
  readonly collection: { readonly id: string; readonly name: string };
  readonly meter: ReindexMeter;
  readonly signal: AbortSignal;
  /** Does work again until what it needs answers. */
  readonly patiently: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface Reindexed extends Record<string, unknown> {
  readonly model: string;
  readonly embedded: number;
}

/** Makes the vectors of one collection anew. Whatever it has done, it can begin again. */
@Injectable()
export class CollectionReindex {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly repository: ReindexRepository,
    private readonly collections: CollectionsService,
    private readonly spaces: EmbeddingSpacesService,
    private readonly embedders: Embedders,
    private readonly texts: StoredTexts,
    private readonly statistics: StatisticsCheck,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(QDRANT) private readonly qdrant: QdrantParts | null,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Embeds every text again and writes its words again.
   * @param last what an attempt before this one had done
   */
  async inPlace(run: ReindexRun, last: ReindexProgress | null): Promise<Reindexed> {
    const { tenant, meter, signal } = run;
    const { id, name, model, spaceId } = await this.collections.refresh(tenant, run.collection);
    if (last?.phase === 'removing') return { model, embedded: 0 };
    const embedder = this.embedders.of({ name, model });
    const target: StoredTarget = { collectionId: id, spaceId, embedder, words: true };
    const from = last?.phase === 'embedding' && last.after ? last : { done: 0, after: null };
    await meter.begin('embedding', await this.texts.count(tenant, id), from);
    let embedded = 0;
    for await (const page of this.texts.pages(tenant, id, PAGE_IN_PLACE, from.after)) {
      const ids = page.map((one) => one.id);
      embedded += await run.patiently(() => this.texts.write(tenant, target, ids, signal));
      await meter.advance(page.length, page.at(-1));
    }
    // Words that another store held are no longer there to be subtracted, and are counted twice.
    if (!(await this.statistics.addsUp(id))) await this.statistics.recount(id);
    return { model, embedded };
  }

  /**
   * Makes vectors of another model beside the old ones and swaps when none is missing.
   * @param last what an attempt before this one had done
   */
  async toModel(run: ReindexRun, model: string, last: ReindexProgress | null): Promise<Reindexed> {
    const { tenant, meter, signal } = run;
    meter.round = last?.round ?? 0;
    let embedded = 0;
    const collection = await this.collections.refresh(tenant, run.collection);
    const embedder = this.embedders.of({ name: collection.name, model });
    const space = await run.patiently(() => this.spaces.of(embedder));
    const target: StoredTarget = {
      collectionId: collection.id,
      spaceId: space.id,
      embedder,
      words: false,
      check: async (tx) => {
        const needed = await this.repository.spaces(tx, tenant, collection.id);
        if (!needed.includes(space.id)) throw new Error(`the reindex to ${model} was cancelled`);
      },
    };
    if (collection.model !== model) embedded += await this.fill(run, target);
    // The round that an attempt before this one was in is done again.
    for (let round = meter.round || 1; collection.model !== model; round += 1) {
      meter.round = round;
      embedded += await this.catchUp(run, target);
      const allowed = round > STRICT_ROUNDS ? this.database.writeBatch : 0;
      if ((await this.swapWhenServed(run, space, allowed)) === 'swapped') break;
    }
    // What a swap may have left, or a crash right after it.
    embedded += await this.catchUp(run, target);
    await this.clock.sleep(GRACE_MS, signal);
    return { model, embedded };
  }

  /**
   * Deletes vectors that the collection has no use for: of its last model, of a cancelled reindex.
   * @returns how many
   */
  async removeUnused(
    tenant: string,
    collectionId: string,
    meter: ReindexMeter,
    signal: AbortSignal,
  ): Promise<number> {
    await meter.begin('removing', 0);
    let removed = 0;
    for (;;) {
      signal.throwIfAborted();
      await this.index.waitForRoom(signal);
      const count = await this.database.inTenant(tenant, async (tx) => {
        const spaces = await this.repository.spaces(tx, tenant, collectionId);
        if (spaces.length === 0) return 0;
        const limit = this.database.writeBatch;
        return this.index.removeVectorsOutside(tx, collectionId, spaces, limit);
      });
      if (count === 0) return removed;
      removed += count;
      await meter.advance(count);
    }
  }

  /** Looks at every memory and embeds those that have no vector in the space. */
  private async fill(run: ReindexRun, target: StoredTarget): Promise<number> {
    const { tenant, meter, signal } = run;
    const { collectionId, spaceId } = target;
    await meter.begin('embedding', await this.texts.count(tenant, collectionId));
    let embedded = 0;
    for await (const page of this.texts.pages(tenant, collectionId, PAGE)) {
      signal.throwIfAborted();
      const ids = page.map(({ id }) => id);
      const { vectors } = await this.database.inTenant(tenant, (tx) =>
        this.index.held(tx, spaceId, collectionId, ids),
      );
      await meter.pass(vectors.size);
      const missing = ids.filter((id) => !vectors.has(id));
      embedded += await this.embed(run, target, missing);
    }
    return embedded;
  }

  /** Embeds what was added meanwhile; a look is quick, so that little is added during the last. */
  private async catchUp(run: ReindexRun, target: StoredTarget): Promise<number> {
    const { collectionId, spaceId } = target;
    let embedded = 0;
    for (;;) {
      run.signal.throwIfAborted();
      const missing = await this.database.inTenant(run.tenant, (tx) =>
        this.index.withoutVector(tx, spaceId, collectionId, PAGE),
      );
      if (missing.length === 0) return embedded;
      await run.meter.begin('catching_up', missing.length);
      embedded += await this.embed(run, target, missing);
      if (missing.length < PAGE) return embedded;
    }
  }

  private async embed(
    { tenant, meter, signal, patiently }: ReindexRun,
    target: StoredTarget,
    ids: readonly string[],
  ): Promise<number> {
    let embedded = 0;
    for (const some of slices(ids, PAGE_IN_PLACE)) {
      embedded += await patiently(() => this.texts.write(tenant, target, some, signal));
      await meter.advance(some.length);
    }
    return embedded;
  }

  /** Waits until searches of the space find all that is in it, then tries to swap. */
  private async swapWhenServed(
    run: ReindexRun,
    space: SpaceRef,
    allowed: number,
  ): Promise<'swapped' | 'missing'> {
    const { tenant, collection, meter, signal } = run;
    let told: string | null = null;
    for (let looks = 0; ; looks += 1) {
      const outcome = await this.trySwap(tenant, collection.id, space, allowed);
      if (outcome !== 'unserved') return outcome;
      if (looks === 0) await meter.begin('indexing', 0);
      const why = await this.failure(tenant, collection.id, space);
      if (why !== told) await meter.waitFor(why && `index_unavailable: ${why}`);
      told = why;
      await this.clock.sleep(LOOK_AGAIN_MS, signal);
    }
  }

  /** Why Qdrant does not take what the swap waits for, as far as that is the reason. */
  private async failure(tenant: string, id: string, space: SpaceRef): Promise<string | null> {
    const { qdrant } = this;
    if (!qdrant) return null;
    return this.database.inTenant(tenant, (tx) => qdrant.outbox.errorOf(tx, space.id, id));
  }

  private async trySwap(
    tenant: string,
    id: string,
    space: SpaceRef,
    allowed: number,
  ): Promise<'swapped' | 'missing' | 'unserved'> {
    const look = async (tx: EntityManager): Promise<'ready' | 'missing' | 'unserved'> => {
      if (!(await this.index.isServing(tx, space, id))) return 'unserved';
      const missing = await this.index.withoutVector(tx, space.id, id, allowed + 1);
      return missing.length > allowed ? 'missing' : 'ready';
    };
    // Before the lock, which makes writers wait.
    const seen = await this.database.inTenant(tenant, look);
    if (seen !== 'ready') return seen;
    return this.database.inTenant(tenant, async (tx) => {
      const collection = await this.repository.lock(tx, tenant, id);
      if (collection?.nextSpaceId !== space.id) throw new Error('the reindex was cancelled');
      const outcome = await look(tx);
      if (outcome !== 'ready') return outcome;
      await this.repository.swap(tx, tenant, id);
      return 'swapped';
    });
  }
}
