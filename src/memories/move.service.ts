import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CollectionsService } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import { isForeignKeyViolation } from '../database/database-errors.js';
import { Database } from '../database/database.js';
import { Embedders } from '../inference/embedders.js';
import { SpaceChanged } from '../indexing/space-changed.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { wordsText } from '../remember/chunk/chunk-texts.js';
import type { TargetCollection } from '../remember/new-memory.js';
import { MemoriesRepository } from './memories.repository.js';
import { memoryNotFound } from './memories.service.js';
import type { MovedMemory } from './memories.schema.js';
import type { MemoryRecord } from './memory.mapper.js';

/** Moves memories between collections of one tenant; the id stays. */
@Injectable()
export class MoveService {
  constructor(
    private readonly database: Database,
    private readonly memories: MemoriesRepository,
    private readonly collections: CollectionsService,
    private readonly embedders: Embedders,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Collections of one embedding space only exchange the vector; else the text is embedded again.
   * @throws AppError `collection_not_found`, `memory_not_found`, `memory_is_synced`,
   *   `embedder_unavailable`
   */
  async move(tenant: string, fromName: string, id: string, toName: string): Promise<MovedMemory> {
    let from = await this.collections.require(tenant, fromName);
    let memory = await this.movable(tenant, from, id);
    let to = await this.collections.ensure(tenant, toName);
    if (to.id !== from.id) {
      // Another text or model in between means another vector: look again.
      while (!(await this.tryMove(tenant, memory, from, to))) {
        memory = await this.movable(tenant, from, id);
        from = await this.collections.refresh(tenant, from);
        to = await this.collections.refresh(tenant, to);
      }
    }
    return { moved: true, id, collection: to.name };
  }

  private async movable(tenant: string, from: TargetCollection, id: string): Promise<MemoryRecord> {
    const memory = await this.database.inTenant(tenant, (tx) =>
      this.memories.find(tx, tenant, from.id, id),
    );
    if (!memory) throw memoryNotFound(id);
    if (memory.document_id === null) return memory;
    throw new AppError(
      'memory_is_synced',
      'A synced memory stays in the collection that its connection writes to.',
    );
  }

  /** False where the memory, a collection or its model is no longer what was read. */
  private async tryMove(
    tenant: string,
    memory: MemoryRecord,
    from: TargetCollection,
    to: TargetCollection,
  ): Promise<boolean> {
    const sameSpace = from.spaceId === to.spaceId;
    const embedding = sameSpace ? undefined : await this.embed(memory.text, to);
    try {
      return await this.database.inTenant(tenant, async (tx) => {
        const moved = await this.memories.changeCollection(tx, tenant, memory, from.id, to.id);
        for (const one of moved ? [from, to] : []) await this.requireSpace(tx, tenant, one);
        if (moved) await this.moveEntry(tx, memory, to, embedding);
        return moved;
      });
    } catch (error) {
      if (error instanceof SpaceChanged || isForeignKeyViolation(error)) return false;
      throw error;
    }
  }

  private async requireSpace(
    tx: EntityManager,
    tenant: string,
    { id, name, spaceId }: TargetCollection,
  ): Promise<void> {
    const now = await this.collections.requireIn(tx, tenant, name);
    if (now.spaceId !== spaceId) throw new SpaceChanged(id);
  }

  private async moveEntry(
    tx: EntityManager,
    { id: memoryId, text }: MemoryRecord,
    { id: collectionId, spaceId }: TargetCollection,
    embedding: Float32Array | undefined,
  ): Promise<void> {
    if (embedding === undefined) return this.index.move(tx, [memoryId], collectionId);
    await this.index.remove(tx, [memoryId]);
    const words = wordsText({ title: '', headingPath: [], text });
    await this.index.write(tx, [{ memoryId, collectionId, spaceId, embedding, words }]);
  }

  private async embed(text: string, to: TargetCollection): Promise<Float32Array> {
    const [embedding] = await this.embedders.of(to).embed([text]);
    return embedding!;
  }
}
