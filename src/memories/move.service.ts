import { Inject, Injectable } from '@nestjs/common';
import { CollectionsService } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import { Database } from '../database/database.js';
import { EMBEDDER, type Embedder } from '../inference/embedder.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { wordsText } from '../remember/chunk/chunk-texts.js';
import type { TargetCollection } from '../remember/new-memory.js';
import { requireModel } from '../remember/require-model.js';
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
    @Inject(EMBEDDER) private readonly embedder: Embedder,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
  ) {}

  /**
   * Collections of one embedding space only exchange the vector; else the text is embedded again.
   * @throws AppError `collection_not_found`, `memory_not_found`, `memory_is_synced`,
   *   `embedder_unavailable`
   */
  async move(tenant: string, fromName: string, id: string, toName: string): Promise<MovedMemory> {
    const from = await this.collections.require(tenant, fromName);
    let memory = await this.movable(tenant, from, id);
    const to = await this.collections.ensure(tenant, toName);
    if (to.id !== from.id) {
      // Another text in between means another vector: look again.
      while (!(await this.tryMove(tenant, memory, from, to))) {
        memory = await this.movable(tenant, from, id);
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

  /** False where the memory has changed since it was read. */
  private async tryMove(
    tenant: string,
    memory: MemoryRecord,
    from: TargetCollection,
    to: TargetCollection,
  ): Promise<boolean> {
    const sameSpace = from.spaceId === to.spaceId;
    const embedding = sameSpace ? undefined : await this.embed(memory.text, to);
    return this.database.inTenant(tenant, async (tx) => {
      const moved = await this.memories.changeCollection(tx, tenant, memory, from.id, to.id);
      if (!moved) return false;
      if (embedding === undefined) {
        await this.index.move(tx, [memory.id], to.id);
        return true;
      }
      await this.index.remove(tx, [memory.id]);
      const words = wordsText({ title: '', headingPath: [], text: memory.text });
      const { id: collectionId, spaceId } = to;
      await this.index.write(tx, [
        { memoryId: memory.id, collectionId, spaceId, embedding, words },
      ]);
      return true;
    });
  }

  private async embed(text: string, to: TargetCollection): Promise<Float32Array> {
    requireModel(this.embedder, to);
    const [embedding] = await this.embedder.embed([text]);
    return embedding!;
  }
}
