import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CollectionsService } from '../collections/collections.service.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database, type TransactionOptions } from '../database/database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import { slices } from '../remember/slices.js';
import { MemoriesRepository, type Removable } from './memories.repository.js';
import { memoryNotFound } from './memories.service.js';

/** Chooses, with the rows locked, which of them really go. */
export type RemovalChoice = (locked: readonly Removable[]) => readonly Removable[];

export interface RemovalOptions extends TransactionOptions {
  /** Default: all. */
  choose?: RemovalChoice;
  /** What goes with it, in the first transaction that deletes something. */
  record?: (tx: EntityManager) => Promise<void>;
}

/** Deletes memories for good. A synced one is noted, so that no later sync brings it back. */
@Injectable()
export class RemovalService {
  constructor(
    private readonly database: Database,
    private readonly memories: MemoriesRepository,
    private readonly collections: CollectionsService,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** @throws AppError `collection_not_found`, `memory_not_found` */
  async remove(tenant: string, name: string, id: string): Promise<void> {
    const collection = await this.collections.require(tenant, name);
    const removed = await this.removeMany(tenant, collection.id, [id]);
    if (removed === 0) throw memoryNotFound(id);
  }

  /** Deletes those of the memories that are still there and chosen; answers how many. */
  async removeMany(
    tenant: string,
    collectionId: string,
    ids: readonly string[],
    options: RemovalOptions = {},
  ): Promise<number> {
    const { choose = (locked) => locked } = options;
    let removed = 0;
    for (const batch of slices(ids, this.database.writeBatch)) {
      const record = removed === 0 ? options.record : undefined;
      const own = { ...options, record };
      removed += await this.removeChosen(tenant, collectionId, batch, choose, own);
    }
    return removed;
  }

  /** One transaction: locks the memories, lets `choose` look at them, deletes what it names. */
  removeChosen(
    tenant: string,
    collectionId: string,
    ids: readonly string[],
    choose: RemovalChoice,
    options: RemovalOptions = {},
  ): Promise<number> {
    return this.database.inTenant(
      tenant,
      async (tx) => {
        const locked = await this.memories.lockForRemoval(tx, tenant, collectionId, ids);
        const chosen = choose(locked);
        if (chosen.length === 0) return 0;
        const synced = chosen.filter((memory) => memory.external_id !== null);
        const suppressions = synced.map((memory) => ({
          ...memory,
          suppressionId: this.ids.next(),
        }));
        await this.memories.suppress(tx, tenant, suppressions);
        const chosenIds = chosen.map((memory) => memory.id);
        await this.index.remove(tx, chosenIds);
        await this.memories.remove(tx, tenant, chosenIds);
        await options.record?.(tx);
        return chosen.length;
      },
      options,
    );
  }
}
