import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { AuditService } from '../auth/audit.service.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { decodeCursor, Page } from '../common/http/paging.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import { DocumentLifecycle } from '../remember/document-lifecycle.js';
import { purgeTime } from '../sync/deletions/retention.js';
import type { DocumentRecord } from './document-columns.js';
import { toDocument } from './document.mapper.js';
import { DocumentsRepository, type DocumentKey } from './documents.repository.js';
import type {
  DeletedDocument,
  DocumentAnswer,
  DocumentDetailAnswer,
  ListDocumentsQuery,
} from './documents.schema.js';

const IN_INDEX = ['pending', 'live', 'suspect'] as const;
const Cursor = z.tuple([z.number(), z.uuid()]);

/** Synced documents as their owner sees them. Keys of one collection see no others. */
@Injectable()
export class DocumentsService {
  constructor(
    private readonly database: Database,
    private readonly documents: DocumentsRepository,
    private readonly lifecycle: DocumentLifecycle,
    private readonly audit: AuditService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /** Newest first. @throws AppError `bad_cursor`, `collection_forbidden` */
  async list(by: ApiKeyIdentity, query: ListDocumentsQuery): Promise<Page<DocumentAnswer>> {
    if (query.collection !== undefined) requireCollectionAccess(by, query.collection);
    const { connection, collection, partition, q, state } = query;
    const states = state === undefined ? IN_INDEX : [state];
    const filter = { only: by.collection, connection, collection, partition, q, states };
    const after: DocumentKey | undefined = decodeCursor(query.cursor, Cursor);
    const page = { limit: query.limit + 1, offset: query.offset, after };
    return this.database.inTenant(by.tenant, async (tx) => {
      const rows = await this.documents.list(tx, by.tenant, filter, page);
      const key = (row: DocumentRecord) => [Number(row.created_micros), row.id];
      return Page.of(rows, query.limit, key, toDocument);
    });
  }

  /** @throws AppError `document_not_found` */
  get(by: ApiKeyIdentity, id: string): Promise<DocumentDetailAnswer> {
    return this.database.inTenant(by.tenant, (tx) => this.detail(tx, by, id));
  }

  /**
   * Takes a document out of the index at once and for all syncs to come. Its rows stay for the
   * grace time, so that a restore embeds nothing, unless `purge`.
   * @throws AppError `document_not_found`
   */
  delete(by: ApiKeyIdentity, id: string, purge: boolean): Promise<DeletedDocument> {
    const { tenant } = by;
    return this.database.inTenant(tenant, async (tx) => {
      await this.lifecycle.lock(tx, tenant, [id]);
      const document = await this.require(tx, by, id);
      await this.documents.suppress(tx, tenant, this.ids.next(), id);
      await this.audit.record(tx, tenant, {
        actor: `key:${by.id}`,
        action: 'document.deleted',
        target: id,
        details: { purge },
      });
      if (purge) {
        await this.lifecycle.erase(tx, tenant, [id]);
        return { id, state: 'purged', purge_at: null };
      }
      const purgeAt = document.purge_at ?? purgeTime(this.clock.now());
      await this.lifecycle.hide(tx, tenant, [id], 'deleted', purgeAt);
      return { id, state: 'deleted', purge_at: purgeAt.toISOString() };
    });
  }

  /**
   * Shows a deleted document again, as it was. Syncs keep it up to date from when its source lists
   * it; until then it stays as it is.
   * @throws AppError `document_not_found`, `document_not_deleted`
   */
  restore(by: ApiKeyIdentity, id: string): Promise<DocumentDetailAnswer> {
    const { tenant } = by;
    return this.database.inTenant(tenant, async (tx) => {
      await this.lifecycle.lock(tx, tenant, [id]);
      const document = await this.require(tx, by, id);
      if (document.state !== 'deleted')
        throw new AppError(
          'document_not_deleted',
          document.state === 'lost_access'
            ? 'The source no longer shows the document to the connection; it comes back by itself when it does.'
            : 'The document is not deleted.',
        );
      await this.documents.unsuppress(tx, tenant, id);
      await this.lifecycle.restore(tx, tenant, [id]);
      await this.documents.keep(tx, tenant, id, this.clock.now());
      const event = { actor: `key:${by.id}`, action: 'document.restored', target: id } as const;
      await this.audit.record(tx, tenant, event);
      return this.detail(tx, by, id);
    });
  }

  private async detail(
    tx: EntityManager,
    by: ApiKeyIdentity,
    id: string,
  ): Promise<DocumentDetailAnswer> {
    const document = await this.require(tx, by, id);
    const memoryIds = await this.documents.memoryIds(tx, by.tenant, id);
    const { citations, access_mode: access } = document;
    return { ...toDocument(document), memory_ids: memoryIds, citations, access };
  }

  private async require(
    tx: EntityManager,
    by: ApiKeyIdentity,
    id: string,
  ): Promise<DocumentRecord> {
    const document = await this.documents.find(tx, by.tenant, by.collection, id);
    if (document) return document;
    throw new AppError('document_not_found', `There is no document ${id}.`);
  }
}
