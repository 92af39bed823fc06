import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { together } from '../database/together.js';
import type { Embedder } from '../inference/embedder.js';
import { Embedders } from '../inference/embedders.js';
import { VECTOR_INDEX, type VectorIndex } from '../indexing/vector-index.js';
import type { ChangedDocument, SyncTarget } from './changed-document.js';
import { DocumentRowsRepository } from './document-rows.repository.js';
import { MemoryRowsRepository, type StoredChunk } from './memory-rows.repository.js';
import { embedDocuments, type OnRefused } from './embed-documents.js';
import { endingAtError } from './ending-at-error.js';
import { prefetch } from './prefetch.js';
import { prepareDocument, preparing, type PreparedDocument } from './prepare-document.js';
import { inTurns } from './steps.js';
import { writeBatches, type EmbeddedDocument, type WriteBatch } from './write-batches.js';

/** New chunks that are embedded together; bounds the memory of one group. */
const EMBED_GROUP = 200;

/** Characters prepared between two turns of the event loop, a few milliseconds of work, at most. */
const CHARACTERS_PER_TURN = 8_192;

/** How many documents, of at most so many, the next group may have. */
export interface GroupLimit {
  next(most: number): number;
}

/** Whoever has documents brought in looks on. */
export interface PipelineObserver {
  /** Is told of documents that are left out, since the endpoint refuses a text. */
  readonly refused: OnRefused;
  /** Does the chunking, or the embedding, of one group. */
  timed<T>(work: () => Promise<T>): Promise<T>;
}

/** The way in for documents of a source: chunk, compare, embed what is new, store, index. */
@Injectable()
export class DocumentPipeline {
  constructor(
    private readonly database: BackgroundDatabase,
    private readonly documents: DocumentRowsRepository,
    private readonly memories: MemoryRowsRepository,
    private readonly embedders: Embedders,
    @Inject(VECTOR_INDEX) private readonly index: VectorIndex,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The transactions that bring changed documents into the store, chunked, compared with what is
   * stored, and embedded. Everything is idempotent by content: what was cut short is simply made
   * again.
   * @throws AppError `embedder_unavailable`, `embedding_model_differs`, and whatever `changed`
   *   throws, once everything before it is handed on
   */
  async *batches(
    tenant: string,
    target: SyncTarget,
    changed: AsyncIterable<ChangedDocument>,
    signal: AbortSignal,
    groupSizes: GroupLimit,
    observer: PipelineObserver,
  ): AsyncGenerator<WriteBatch> {
    const embedder = this.embedders.of(target.collection);
    const prepare = (documents: readonly ChangedDocument[]): Promise<PreparedDocument[]> =>
      observer.timed(() => this.prepare(tenant, target, embedder, documents));
    // Each stage runs ahead of the next one: while a group is written, the next one is embedded
    // and the one after it chunked.
    const groups = prefetch(this.groups(changed, groupSizes, prepare));
    for await (const embedded of prefetch(this.embed(embedder, groups, signal, observer)))
      yield* writeBatches(embedded, this.database);
  }

  private async *embed(
    embedder: Embedder,
    groups: AsyncIterable<PreparedDocument[]>,
    signal: AbortSignal,
    observer: PipelineObserver,
  ): AsyncGenerator<EmbeddedDocument[]> {
    for await (const group of groups) {
      await this.index.waitForRoom(signal);
      yield await observer.timed(() => embedDocuments(embedder, group, signal, observer.refused));
    }
  }

  private async *groups(
    changed: AsyncIterable<ChangedDocument>,
    groupSizes: GroupLimit,
    prepare: (documents: readonly ChangedDocument[]) => Promise<PreparedDocument[]>,
  ): AsyncGenerator<PreparedDocument[]> {
    let documents: ChangedDocument[] = [];
    let characters = 0;
    let most = groupSizes.next(EMBED_GROUP);
    const upToError = endingAtError(changed);
    for await (const document of upToError.items) {
      documents.push(document);
      characters += document.text.length;
      if (documents.length < most && characters < most * 1000) continue;
      yield await prepare(documents);
      documents = [];
      characters = 0;
      most = groupSizes.next(EMBED_GROUP);
    }
    if (documents.length > 0) yield await prepare(documents);
    upToError.rethrow();
  }

  private async prepare(
    tenant: string,
    target: SyncTarget,
    embedder: Embedder,
    documents: readonly ChangedDocument[],
  ): Promise<PreparedDocument[]> {
    const existing = documents.filter((document) => !document.isNew).map(({ id }) => id);
    const stored =
      existing.length === 0
        ? []
        : await this.database.inTenant(tenant, (tx) =>
            this.memories.chunksOf(tx, tenant, existing),
          );
    const byDocument = groupByDocument(stored);
    const options = {
      countTokens: (text: string) => embedder.countTokens(text),
      now: this.clock.now(),
    };
    const prepared: PreparedDocument[] = [];
    let characters = 0;
    for (const document of documents) {
      const chunks = byDocument.get(document.id) ?? [];
      prepared.push(
        document.text.length < CHARACTERS_PER_TURN
          ? prepareDocument(target, document, chunks, options)
          : await inTurns(preparing(target, document, chunks, options)),
      );
      characters += document.text.length;
      if (characters < CHARACTERS_PER_TURN) continue;
      characters = 0;
      await nextTurn();
    }
    return prepared;
  }

  /**
   * Writes one batch in the caller's transaction, which has locked the documents that are stored.
   * @throws SpaceChanged when the collection got another model since the batch was made
   */
  async store(
    tx: EntityManager,
    tenant: string,
    target: SyncTarget,
    batch: WriteBatch,
  ): Promise<void> {
    const { collection } = target;
    const owner = { ...target, collection: collection.id };
    const chunks = [...batch.fresh.map((chunk) => chunk.row), ...batch.reordered];
    const rows = await this.memories.inheriting(tx, tenant, chunks);
    const entries = batch.fresh.map((chunk) => ({
      memoryId: chunk.row.id,
      collectionId: collection.id,
      spaceId: collection.spaceId,
      embedding: chunk.embedding,
      words: chunk.words,
    }));
    await together(
      // First, as long as it can be seen what was set last.
      () => this.memories.handOn(tx, tenant, batch.removed),
      () => this.documents.upsert(tx, tenant, owner, batch.documents),
      () => this.memories.upsert(tx, tenant, collection.id, rows),
      () => this.memories.relabel(tx, tenant, batch.relabelled, target.containerTag),
      () => this.index.write(tx, entries),
    );
    const removed = batch.removed.map(({ id }) => id);
    if (removed.length === 0) return;
    await this.index.remove(tx, removed);
    await this.memories.remove(tx, tenant, removed);
  }
}

function groupByDocument(chunks: readonly StoredChunk[]): Map<string, StoredChunk[]> {
  const groups = new Map<string, StoredChunk[]>();
  for (const chunk of chunks) {
    const group = groups.get(chunk.documentId);
    if (group) group.push(chunk);
    else groups.set(chunk.documentId, [chunk]);
  }
  return groups;
}
