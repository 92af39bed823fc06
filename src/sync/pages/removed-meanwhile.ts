import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { together } from '../../database/together.js';
import { DocumentLifecycle } from '../../remember/document-lifecycle.js';
import type { DocumentRow } from '../../remember/document-row.js';
import type { Removed } from '../../remember/write-batches.js';
import { SuppressionsRepository, type Rename } from '../deletions/suppressions.repository.js';
import type { SyncRun } from '../engine/sync-run.js';

/**
 * Documents whose grace time ended between the look-up of a page and its commit: what was compared
 * with them is not whole without them.
 */
export class StoredDocumentsGone extends Error {
  constructor() {
    super('stored documents were erased meanwhile');
    this.name = 'StoredDocumentsGone';
  }
}

const NOTHING: Removed = { documents: new Set(), texts: new Map() };

/** What its owner removed for good while a page was on its way from the look-up to the commit. */
@Injectable()
export class RemovedMeanwhile {
  constructor(
    private readonly lifecycle: DocumentLifecycle,
    private readonly suppressions: SuppressionsRepository,
  ) {}

  /**
   * Asked in the transaction that writes stored documents, before it does. Whoever removes a
   * document or a part of it locks its row first, too: either the removal is seen here, or it
   * waits and removes what is written. That takes two statements, since one that has waited for a
   * lock looks again at the locked rows only
   * (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED).
   * @param rows what is to be written of them; a removal follows a document to its next id
   * @throws StoredDocumentsGone
   */
  async of(
    tx: EntityManager,
    { tenant, target }: SyncRun,
    stored: readonly string[],
    rows: readonly DocumentRow[],
  ): Promise<Removed> {
    if (stored.length === 0) return NOTHING;
    const [locked, removed] = await together(
      () => this.lifecycle.lock(tx, tenant, stored),
      () => this.suppressions.ofStored(tx, tenant, target, stored),
    );
    const { documents, texts } = removed;
    const before = new Map(locked.map(({ id, externalId }) => [id, externalId]));
    if (stored.some((id) => !before.has(id) && !documents.has(id))) throw new StoredDocumentsGone();
    const renames = rows.flatMap(({ id, externalId: to }): Rename[] => {
      const from = before.get(id);
      const isFollowed = from !== undefined && from !== to && (documents.has(id) || texts.has(id));
      return isFollowed ? [{ from, to }] : [];
    });
    await this.suppressions.follow(tx, tenant, target, renames);
    return removed;
  }
}
