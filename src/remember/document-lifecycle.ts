import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import type { SyncTarget } from './changed-document.js';
import { wordsText } from './chunk/chunk-texts.js';
import { DocumentRowsRepository } from './document-rows.repository.js';
import type { LabelPart } from './label-parts.js';
import { searchableTitle } from './prepare-document.js';
import { MemoryRowsRepository } from './memory-rows.repository.js';
import { firstByChunks } from './slices.js';

/** Changes of documents that embed nothing: labels, hiding, restoring, purging. */
@Injectable()
export class DocumentLifecycle {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly documents: DocumentRowsRepository,
    private readonly memories: MemoryRowsRepository,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Documents whose content is as stored: labels, partition, version or visibility changed.
   * Nothing is embedded; words are written again where author or date (which are searchable)
   * changed.
   */
  async relabel(
    tx: EntityManager,
    tenant: string,
    target: SyncTarget,
    { documents, from, to }: LabelPart,
  ): Promise<void> {
    if (to === null) {
      const rows = documents.map((document) => document.row);
      const owner = { ...target, collection: target.collection.id };
      await this.documents.upsert(tx, tenant, owner, rows);
      await this.memories.relabel(tx, tenant, rows, target.containerTag);
    }
    const reworded = new Map(
      documents.filter((document) => document.reworded).map(({ row }) => [row.id, row]),
    );
    if (reworded.size === 0) return;
    const texts = await this.memories.textsOf(tx, tenant, [...reworded.keys()], { from, to });
    await this.index.writeWords(
      tx,
      texts.map(({ id, documentId, text, headingPath }) => {
        const row = reworded.get(documentId)!;
        const { author, sourceCreatedAt, sourceUpdatedAt } = row;
        const title = searchableTitle(row.title, row.listedTitle);
        const date = sourceCreatedAt ?? sourceUpdatedAt;
        const words = wordsText({ title, headingPath, text, author, date });
        return { memoryId: id, collectionId: target.collection.id, words };
      }),
    );
  }

  /** Until the transaction ends nobody else changes these documents; answers which are there. */
  lock(
    tx: EntityManager,
    tenant: string,
    documentIds: readonly string[],
  ): Promise<{ id: string; externalId: string }[]> {
    return this.documents.lock(tx, tenant, documentIds);
  }

  /** Hides documents at once and keeps rows and vectors until `purgeAt`: a restore embeds nothing. */
  async hide(
    tx: EntityManager,
    tenant: string,
    documentIds: readonly string[],
    state: 'deleted' | 'lost_access',
    purgeAt: Date,
  ): Promise<void> {
    await this.documents.lock(tx, tenant, documentIds);
    await this.documents.setState(tx, tenant, documentIds, state, purgeAt);
    await this.memories.setVisible(tx, tenant, documentIds, false);
  }

  /** Shows hidden documents again as they were; rows, words and vectors are still there. */
  async restore(tx: EntityManager, tenant: string, documentIds: readonly string[]): Promise<void> {
    await this.documents.setState(tx, tenant, documentIds, 'live', null);
    await this.memories.setVisible(tx, tenant, documentIds, true);
  }

  /** Changes the state of documents that stay searchable. */
  async mark(
    tx: EntityManager,
    tenant: string,
    documentIds: readonly string[],
    state: 'live' | 'suspect',
  ): Promise<void> {
    await this.documents.setState(tx, tenant, documentIds, state, null);
  }

  /**
   * Removes some hidden documents whose grace time is over; answers how many there were.
   * @param room how many chunks they may have together; a larger document goes by itself
   */
  async purge(room: number): Promise<number> {
    const size = Math.min(room, this.database.lightBatch);
    const found = await this.database.asSystem((tx) =>
      this.documents.due(tx, this.clock.now(), size),
    );
    const due = firstByChunks(found, size);
    for (const { id, tenant } of due) {
      await this.database.inTenant(tenant, async (tx) => {
        const still = await this.documents.stillDue(tx, tenant, id, this.clock.now());
        if (still) await this.erase(tx, tenant, [id]);
      });
    }
    return due.length;
  }

  /** Removes documents with their chunks, vectors and words for good. */
  async erase(tx: EntityManager, tenant: string, documentIds: readonly string[]): Promise<void> {
    if (documentIds.length === 0) return;
    await this.documents.lock(tx, tenant, documentIds);
    const chunks = await this.memories.chunksOf(tx, tenant, documentIds);
    const ids = chunks.map((chunk) => chunk.id);
    if (ids.length > 0) await this.index.remove(tx, ids);
    await this.memories.remove(tx, tenant, ids);
    await this.documents.remove(tx, tenant, documentIds);
  }
}
