import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { CollectionsService } from '../collections/collections.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { decodeCursor, Page } from '../common/http/paging.js';
import { Database } from '../database/database.js';
import type { NewMemory } from '../remember/new-memory.js';
import { RememberService } from '../remember/remember.service.js';
import type {
  CreatedMemories,
  CreateMemoryBody,
  ListMemoriesQuery,
  MemoryAnswer,
  UpdateMemoryBody,
} from './memories.schema.js';
import {
  MemoriesRepository,
  type ListedRecord,
  type ListKey,
  type MemoryChanges,
} from './memories.repository.js';
import { toMemory, type MemoryRecord } from './memory.mapper.js';

const Cursor: z.ZodType<ListKey> = z.tuple([z.boolean(), z.int(), z.uuid()]);

/** Directly written memories, and what their owner may change on any memory. */
@Injectable()
export class MemoriesService {
  constructor(
    private readonly database: Database,
    private readonly memories: MemoriesRepository,
    private readonly collections: CollectionsService,
    private readonly remember: RememberService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Stores one memory; the answer is made from what was written, not read again.
   * @param seed see RepeatSeed
   */
  async create(
    tenant: string,
    name: string,
    body: CreateMemoryBody,
    seed?: string,
  ): Promise<MemoryAnswer> {
    const collection = await this.collections.ensure(tenant, name);
    const memory = newMemory(body, this.clock.now());
    const [id] = await this.remember.add(tenant, collection, [memory], seed);
    const time = memory.createdAt.toISOString();
    return {
      id: id!,
      text: body.text,
      importance: body.importance,
      category: body.category,
      source: body.source,
      metadata: memory.metadata,
      images: [],
      created_at: time,
      updated_at: time,
      collection: collection.name,
      container_tag: body.container_tag,
      pinned: false,
      archived: false,
      is_latest: true,
      expires_at: memory.expiresAt?.toISOString() ?? null,
      memory_type: null,
    };
  }

  async createMany(
    tenant: string,
    name: string,
    bodies: readonly CreateMemoryBody[],
    seed?: string,
  ): Promise<CreatedMemories> {
    const collection = await this.collections.ensure(tenant, name);
    const now = this.clock.now();
    const items = bodies.map((body) => newMemory(body, now));
    const ids = await this.remember.add(tenant, collection, items, seed);
    return { created: ids.length, ids };
  }

  /** @throws AppError `collection_not_found`, `memory_not_found` */
  get(tenant: string, name: string, id: string): Promise<MemoryAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      const collection = await this.collections.requireIn(tx, tenant, name);
      return toMemory(await this.find(tx, tenant, collection.id, id));
    });
  }

  /**
   * Pinned first, then newest.
   * @throws AppError `collection_not_found`, `bad_cursor`
   */
  list(tenant: string, name: string, query: ListMemoriesQuery): Promise<Page<MemoryAnswer>> {
    const filter = {
      containerTag: query.container_tag,
      category: query.category,
      source: query.source,
      includeArchived: query.include_archived,
    };
    const after = decodeCursor(query.cursor, Cursor);
    const page = { limit: query.limit + 1, offset: query.offset, after };
    return this.database.inTenant(tenant, async (tx) => {
      const collection = await this.collections.requireIn(tx, tenant, name);
      const rows = await this.memories.list(tx, tenant, collection.id, filter, page);
      return Page.of(rows, query.limit, listKey, toMemory);
    });
  }

  /**
   * Changes the fields that were sent, all or none; only a changed text is embedded again, before
   * anything is written.
   * @throws AppError `collection_not_found`, `memory_not_found`, `memory_is_synced`
   */
  async update(
    tenant: string,
    name: string,
    id: string,
    body: UpdateMemoryBody,
  ): Promise<MemoryAnswer> {
    const changes: MemoryChanges = {
      importance: body.importance ?? undefined,
      category: body.category ?? undefined,
      metadata: body.metadata ?? undefined,
    };
    if (body.text == null && body.metadata == null) return this.change(tenant, name, id, changes);
    const { collection, current } = await this.database.inTenant(tenant, async (tx) => {
      const collection = await this.collections.requireIn(tx, tenant, name);
      return { collection, current: await this.find(tx, tenant, collection.id, id) };
    });
    if (body.metadata != null) requireOwn(current, 'metadata');
    if (body.text == null || body.text === current.text)
      return this.change(tenant, name, id, changes);
    requireOwn(current, 'text');
    return this.remember.replaceText(tenant, collection, id, body.text, (tx) =>
      this.changeIn(tx, tenant, collection.id, id, changes),
    );
  }

  /** @throws AppError `collection_not_found`, `memory_not_found` */
  setPinned(tenant: string, name: string, id: string, pinned: boolean): Promise<MemoryAnswer> {
    return this.change(tenant, name, id, { pinned });
  }

  /** @throws AppError `collection_not_found`, `memory_not_found` */
  setArchived(tenant: string, name: string, id: string, archived: boolean): Promise<MemoryAnswer> {
    return this.change(tenant, name, id, { archived });
  }

  private change(
    tenant: string,
    name: string,
    id: string,
    changes: MemoryChanges,
  ): Promise<MemoryAnswer> {
    const isNothing = Object.values(changes).every((value) => value === undefined);
    if (isNothing) return this.get(tenant, name, id);
    return this.database.inTenant(tenant, async (tx) => {
      const collection = await this.collections.requireIn(tx, tenant, name);
      return this.changeIn(tx, tenant, collection.id, id, changes);
    });
  }

  private async changeIn(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    id: string,
    changes: MemoryChanges,
  ): Promise<MemoryAnswer> {
    const row = await this.memories.change(tx, tenant, collectionId, id, changes);
    if (!row) throw memoryNotFound(id);
    return toMemory(row);
  }

  private async find(
    tx: EntityManager,
    tenant: string,
    collectionId: string,
    id: string,
  ): Promise<MemoryRecord> {
    const row = await this.memories.find(tx, tenant, collectionId, id);
    if (!row) throw memoryNotFound(id);
    return row;
  }
}

/** Text and metadata of a synced memory are written anew whenever its source changes. */
function requireOwn({ document_id: document }: MemoryRecord, what: 'text' | 'metadata'): void {
  if (document === null) return;
  throw new AppError('memory_is_synced', `The ${what} of a synced memory belongs to its source.`);
}

export function memoryNotFound(id: string): AppError {
  return new AppError('memory_not_found', `The collection has no memory ${id}.`);
}

function listKey(row: ListedRecord): ListKey {
  return [row.pinned, Number(row.created_micros), row.id];
}

function newMemory(body: CreateMemoryBody, createdAt: Date) {
  return {
    text: body.text,
    importance: body.importance,
    category: body.category,
    source: body.source,
    metadata: body.metadata ?? {},
    containerTag: body.container_tag,
    expiresAt: body.expires_at === null ? null : new Date(body.expires_at),
    createdAt,
  } satisfies NewMemory;
}
