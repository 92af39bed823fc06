import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { CollectionsService } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import { IDS, uuidV5, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import { together } from '../database/together.js';
import { SpaceChanged } from '../indexing/space-changed.js';
import { Embedders } from '../inference/embedders.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { wordsText } from './chunk/chunk-texts.js';
import { MemoryRowsRepository, type MemoryRow } from './memory-rows.repository.js';
import type { NewMemory, TargetCollection } from './new-memory.js';
import { normaliseText, textHash } from './normalise.js';
import { slices } from './slices.js';

/** The way in for facts: normalise, embed, store, index. Synced documents: DocumentPipeline. */
@Injectable()
export class RememberService {
  constructor(
    private readonly database: Database,
    private readonly rows: MemoryRowsRepository,
    private readonly collections: CollectionsService,
    private readonly embedders: Embedders,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * Stores facts as they are and answers their ids in order. Vectors are made before the
   * transaction; each batch commits rows and vectors together.
   * @param seed UUID from which the ids are made, so that a repeat stores nothing twice
   * @throws AppError `embedder_unavailable`, `embedding_model_differs`, `database_busy`,
   *   `index_behind`
   */
  async add(
    tenant: string,
    collection: TargetCollection,
    items: readonly NewMemory[],
    seed?: string,
  ): Promise<string[]> {
    this.embedders.of(collection);
    await this.index.requireRoom();
    const rows = items.map((item, at) =>
      this.toRow(item, seed === undefined ? this.ids.next() : uuidV5(seed, String(at))),
    );
    await this.withItsModel(tenant, collection, (current) => this.store(tenant, current, rows));
    return rows.map((row) => row.id);
  }

  private async store(
    tenant: string,
    collection: TargetCollection,
    rows: readonly MemoryRow[],
  ): Promise<void> {
    const texts = rows.map((row) => row.text);
    const vectors = await this.embedders.of(collection).embed(texts);
    const entries = rows.map((row, at) => ({
      row,
      entry: {
        memoryId: row.id,
        collectionId: collection.id,
        spaceId: collection.spaceId,
        embedding: vectors[at]!,
        words: wordsText({ title: '', headingPath: [], text: row.text }),
      },
    }));
    let isBegun = false;
    for (const batch of slices(entries, this.database.writeBatch)) {
      await this.database.inTenant(
        tenant,
        async (tx) => {
          const batchRows = batch.map(({ row }) => row);
          const batchEntries = batch.map(({ entry }) => entry);
          await together(
            tx,
            () => this.rows.upsert(tx, tenant, collection.id, batchRows),
            () => this.index.write(tx, batchEntries),
          );
        },
        // A busy database refuses all or nothing.
        isBegun ? { wait: 'unbounded' } : undefined,
      );
      isBegun = true;
    }
  }

  /**
   * Gives a directly written memory a new text: row, vector and words change together.
   * @throws AppError `memory_not_found` when it was deleted meanwhile
   */
  async replaceText(
    tenant: string,
    collection: TargetCollection,
    memoryId: string,
    text: string,
  ): Promise<void> {
    const normalised = normaliseText(text);
    await this.withItsModel(tenant, collection, (current) =>
      this.replace(tenant, current, memoryId, normalised),
    );
  }

  private async replace(
    tenant: string,
    collection: TargetCollection,
    memoryId: string,
    normalised: string,
  ): Promise<void> {
    const [embedding] = await this.embedders.of(collection).embed([normalised]);
    await this.database.inTenant(tenant, async (tx) => {
      const hash = textHash(normalised);
      if (!(await this.rows.replaceText(tx, tenant, memoryId, normalised, hash)))
        throw new AppError('memory_not_found', `There is no memory ${memoryId}.`);
      await this.index.write(tx, [
        {
          memoryId,
          collectionId: collection.id,
          spaceId: collection.spaceId,
          embedding: embedding!,
          words: wordsText({ title: '', headingPath: [], text: normalised }),
        },
      ]);
    });
  }

  /** Does it again where a reindex has swapped the collection's model on the way. */
  private async withItsModel(
    tenant: string,
    collection: TargetCollection,
    work: (current: TargetCollection) => Promise<void>,
  ): Promise<void> {
    for (let current = collection; ;) {
      try {
        return await work(current);
      } catch (error) {
        if (!(error instanceof SpaceChanged)) throw error;
        current = await this.collections.refresh(tenant, collection);
      }
    }
  }

  private toRow(item: NewMemory, id: string): MemoryRow {
    const text = normaliseText(item.text);
    return {
      id,
      documentId: null,
      ordinal: 0,
      text,
      textHash: textHash(text),
      headingPath: [],
      containerTag: item.containerTag ?? null,
      category: item.category ?? 'other',
      memoryType: item.memoryType ?? null,
      source: item.source ?? 'api',
      author: item.author ?? null,
      container: null,
      importance: item.importance ?? 0.7,
      pinned: item.pinned ?? false,
      archived: item.archived ?? false,
      expiresAt: item.expiresAt ?? null,
      metadata: item.metadata ?? {},
      images: item.images ?? [],
      sourceUpdatedAt: null,
      createdAt: item.createdAt ?? this.clock.now(),
    };
  }
}
