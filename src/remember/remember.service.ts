import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { CollectionsService } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import { IDS, uuidV5, type Ids } from '../common/ids.js';
import { isForeignKeyViolation } from '../database/database-errors.js';
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
   * @param seed UUID from which the ids are made, so that a repeat stores nothing twice and leaves
   *   alone what has become of the memories since
   * @throws AppError `embedder_unavailable`, `embedding_model_differs`, `database_busy`,
   *   `index_behind`, `collection_not_found` when it was deleted meanwhile; EmbeddingRefused, and
   *   then nothing is stored
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
    const mayRepeat = seed !== undefined;
    await this.withItsModel(tenant, collection, (current) =>
      this.store(tenant, current, rows, mayRepeat),
    );
    return rows.map((row) => row.id);
  }

  private async store(
    tenant: string,
    collection: TargetCollection,
    rows: readonly MemoryRow[],
    mayRepeat: boolean,
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
          const ids = batch.map(({ row }) => row.id);
          const stored = mayRepeat ? await this.rows.stored(tx, tenant, ids) : new Set<string>();
          const fresh = batch.filter(({ row }) => !stored.has(row.id));
          const batchRows = fresh.map(({ row }) => row);
          const batchEntries = fresh.map(({ entry }) => entry);
          await together(
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
   * @param also what else changes in their transaction
   * @throws AppError `memory_not_found` when it was deleted or moved meanwhile; whatever `also`
   *   throws. Nothing is stored then.
   */
  async replaceText<T>(
    tenant: string,
    collection: TargetCollection,
    memoryId: string,
    text: string,
    also: (tx: EntityManager) => Promise<T>,
  ): Promise<T> {
    const normalised = normaliseText(text);
    return this.withItsModel(tenant, collection, async (current) => {
      const [embedding] = await this.embedders.of(current).embed([normalised]);
      return this.database.inTenant(tenant, async (tx) => {
        await this.replace(tx, tenant, current, memoryId, normalised, embedding!);
        return also(tx);
      });
    });
  }

  private async replace(
    tx: EntityManager,
    tenant: string,
    { id: collectionId, spaceId }: TargetCollection,
    memoryId: string,
    text: string,
    embedding: Float32Array,
  ): Promise<void> {
    const hash = textHash(text);
    if (!(await this.rows.replaceText(tx, tenant, collectionId, memoryId, text, hash)))
      throw new AppError('memory_not_found', `The collection has no memory ${memoryId}.`);
    const words = wordsText({ title: '', headingPath: [], text });
    await this.index.write(tx, [{ memoryId, collectionId, spaceId, embedding, words }]);
  }

  /**
   * Does it again where a reindex has swapped the collection's model on the way.
   * @throws AppError `collection_not_found` where the collection was deleted on the way
   */
  private async withItsModel<T>(
    tenant: string,
    collection: TargetCollection,
    work: (current: TargetCollection) => Promise<T>,
  ): Promise<T> {
    for (let current = collection; ;) {
      try {
        return await work(current);
      } catch (error) {
        if (!(error instanceof SpaceChanged) && !isForeignKeyViolation(error)) throw error;
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
