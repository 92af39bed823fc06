import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { AuditService } from '../auth/audit.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { decodeCursor, Page } from '../common/http/paging.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import { CollectionsRepository, nameTaken, type CollectionRow } from './collections.repository.js';
import type {
  CollectionAnswer,
  CreateCollectionBody,
  ListCollectionsQuery,
  UpdateCollectionBody,
} from './collections.schema.js';
import { EmbeddingSpacesService } from './embedding-spaces.service.js';

/** What other features need to know of a collection. */
export interface CollectionRef {
  readonly id: string;
  readonly name: string;
  readonly spaceId: number;
  readonly dimensions: number;
  readonly scoreLow: number;
  readonly model: string;
  /** Set while a reindex fills it; reads and writes keep to `spaceId`. */
  readonly nextSpaceId: number | null;
}

const Cursor = z.tuple([z.string()]);

@Injectable()
export class CollectionsService {
  constructor(
    private readonly database: Database,
    private readonly collections: CollectionsRepository,
    private readonly spaces: EmbeddingSpacesService,
    private readonly keys: ApiKeysService,
    private readonly audit: AuditService,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Opens a transaction of its own; inside one, use `requireIn`.
   * @throws AppError `collection_not_found`
   */
  async require(tenant: string, name: string): Promise<CollectionRef> {
    return this.database.inTenant(tenant, (tx) => this.requireIn(tx, tenant, name));
  }

  /** @throws AppError `collection_not_found` */
  async requireIn(tx: EntityManager, tenant: string, name: string): Promise<CollectionRef> {
    return refOf(await this.find(tx, tenant, name));
  }

  /**
   * The collection as it is now, e.g. after a reindex has given it another model.
   * @throws AppError `collection_not_found`
   */
  async refresh(
    tenant: string,
    { id, name }: { id: string; name: string },
  ): Promise<CollectionRef> {
    const row = await this.database.inTenant(tenant, (tx) =>
      this.collections.findById(tx, tenant, id),
    );
    if (row) return refOf(row);
    throw notFound(name);
  }

  /**
   * The collection, made now if this is the first write to it. Safe when several requests are
   * first at once. Opens transactions of its own, so it comes before the caller's.
   * @throws AppError `embedder_unavailable`
   */
  async ensure(tenant: string, name: string): Promise<CollectionRef> {
    const known = await this.database.inTenant(tenant, (tx) =>
      this.collections.find(tx, tenant, name),
    );
    if (known) return refOf(known);
    const space = await this.spaces.current();
    return this.database.inTenant(tenant, async (tx) => {
      const given = { name, description: null, metadata: {} };
      await this.collections.insert(tx, this.newRow(tenant, given, space.id));
      return this.requireIn(tx, tenant, name);
    });
  }

  /** @throws AppError `collection_exists` */
  async create(tenant: string, body: CreateCollectionBody): Promise<CollectionAnswer> {
    const space = await this.spaces.current();
    return this.database.inTenant(tenant, async (tx) => {
      const isNew = await this.collections.insert(tx, this.newRow(tenant, body, space.id));
      if (!isNew) throw nameTaken(body.name);
      return answer(await this.find(tx, tenant, body.name), 0);
    });
  }

  /** @param only the collection that a restricted key may see; null = all */
  list(
    tenant: string,
    query: ListCollectionsQuery,
    only: string | null,
  ): Promise<Page<CollectionAnswer>> {
    const [after] = decodeCursor(query.cursor, Cursor) ?? [];
    return this.database.inTenant(tenant, async (tx) => {
      const page = { limit: query.limit + 1, offset: query.offset, after, only };
      const rows = await this.collections.list(tx, tenant, page);
      const counts = await this.collections.countMemories(
        tx,
        rows.map(({ id }) => id),
      );
      const show = (row: CollectionRow) => answer(row, counts.get(row.id) ?? 0);
      return Page.of(rows, query.limit, (row) => [row.name], show);
    });
  }

  /** @throws AppError `collection_not_found` */
  get(tenant: string, name: string): Promise<CollectionAnswer> {
    return this.database.inTenant(tenant, (tx) => this.show(tx, tenant, name));
  }

  /** @throws AppError `collection_not_found`, `collection_exists` */
  async update(
    tenant: string,
    by: ApiKeyIdentity,
    name: string,
    body: UpdateCollectionBody,
  ): Promise<CollectionAnswer> {
    const renamed = body.name ?? name;
    const updated = await this.database.inTenant(tenant, async (tx) => {
      const row = await this.find(tx, tenant, name);
      await this.collections.lock(tx, tenant, row.id);
      if (renamed !== name) {
        await this.keys.followRename(tx, tenant, name, renamed);
      }
      await this.collections.update(tx, tenant, row.id, {
        name: renamed,
        description: body.description === undefined ? row.description : body.description,
        metadata: body.metadata ?? row.metadata,
        updatedAt: this.clock.now(),
      });
      await this.audit.record(tx, tenant, {
        actor: `key:${by.id}`,
        action: renamed === name ? 'collection.updated' : 'collection.renamed',
        target: name,
        details: renamed === name ? {} : { to: renamed },
      });
      return this.show(tx, tenant, renamed);
    });
    if (renamed !== name) this.keys.forgetKeys();
    return updated;
  }

  private async show(tx: EntityManager, tenant: string, name: string): Promise<CollectionAnswer> {
    const row = await this.find(tx, tenant, name);
    const counts = await this.collections.countMemories(tx, [row.id]);
    return answer(row, counts.get(row.id) ?? 0);
  }

  private async find(tx: EntityManager, tenant: string, name: string): Promise<CollectionRow> {
    const row = await this.collections.find(tx, tenant, name);
    if (row) return row;
    throw notFound(name);
  }

  private newRow(tenant: string, given: CreateCollectionBody, spaceId: number) {
    const now = this.clock.now();
    return {
      id: this.ids.next(),
      tenantId: tenant,
      ...given,
      spaceId,
      nextSpaceId: null,
      createdAt: now,
      updatedAt: now,
    };
  }
}

function notFound(name: string): AppError {
  return new AppError('collection_not_found', `There is no collection "${name}".`);
}

function refOf(row: CollectionRow): CollectionRef {
  const { id, name, spaceId, dimensions, scoreLow, model, nextSpaceId } = row;
  return { id, name, spaceId, dimensions, scoreLow, model, nextSpaceId };
}

function answer(row: CollectionRow, memoryCount: number): CollectionAnswer {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    metadata: row.metadata,
    memory_count: memoryCount,
    embedding_model: row.model,
    dimensions: row.dimensions,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
