import type { BatchSizes } from '../database/database.js';
import type { DocumentRow } from './document-row.js';
import type { MemoryRow } from './memory-rows.repository.js';
import type { FreshChunk, PreparedDocument, RemovedChunk } from './prepare-document.js';

/** What one transaction writes. */
export interface WriteBatch {
  readonly documents: DocumentRow[];
  /** Ids of documents of the batch that have a row already, which its owner may remove meanwhile. */
  readonly stored: string[];
  /** Stored documents whose chunks take over the document's labels. */
  readonly relabelled: DocumentRow[];
  readonly fresh: EmbeddedChunk[];
  readonly reordered: MemoryRow[];
  keptCount: number;
  readonly removed: RemovedChunk[];
}

/** What its owner removed for good, by the ids of documents. */
export interface Removed {
  readonly documents: ReadonlySet<string>;
  /** Hashes of texts. */
  readonly texts: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface EmbeddedChunk extends FreshChunk {
  readonly embedding: Float32Array;
}

export interface EmbeddedDocument extends Omit<PreparedDocument, 'fresh'> {
  readonly fresh: readonly EmbeddedChunk[];
}

/**
 * Cuts documents into transactions of at most `writeBatch` new, as many moved and as many removed
 * chunks. A document that needs several stays `pending` with an empty version, or under its old
 * one, until the last: a crash in between leaves it to be done again. Pruning begins with the last
 * new chunks, so readers never see it without text.
 */
export function* writeBatches(
  documents: Iterable<EmbeddedDocument>,
  { writeBatch: size, lightBatch }: BatchSizes,
): Generator<WriteBatch> {
  let batch = emptyBatch();
  const isFull = (): boolean =>
    [batch.fresh, batch.reordered, batch.removed, batch.documents].some(
      (list) => list.length >= size,
    ) || batch.keptCount >= lightBatch;
  /** Adds as many items of a document as there is room for, and begins batches for the rest. */
  function* fill<T>({ id }: DocumentRow, items: readonly T[], listOf: (batch: WriteBatch) => T[]) {
    let from = 0;
    while (listOf(batch).length + items.length - from > size) {
      const room = size - listOf(batch).length;
      listOf(batch).push(...items.slice(from, from + room));
      from += room;
      yield batch;
      batch = { ...emptyBatch(), stored: [id] };
    }
    listOf(batch).push(...items.slice(from));
  }
  for (const document of documents) {
    const { row, isNew } = document;
    if (!isNew) batch.stored.push(row.id);
    else if (batch.fresh.length + document.fresh.length > size)
      batch.documents.push(unfinished(row));
    yield* fill(row, document.fresh, ({ fresh }) => fresh);
    // Before others come into their places, where the next run would take these for successors.
    yield* fill(row, document.removed, ({ removed }) => removed);
    yield* fill(row, document.reordered, ({ reordered }) => reordered);
    batch.documents.push(row);
    batch.keptCount += document.keptCount;
    if (!isNew) batch.relabelled.push(row);
    if (isFull()) {
      yield batch;
      batch = emptyBatch();
    }
  }
  if (batch.documents.length > 0) yield batch;
}

export function emptyBatch(): WriteBatch {
  return {
    documents: [],
    stored: [],
    relabelled: [],
    fresh: [],
    reordered: [],
    keptCount: 0,
    removed: [],
  };
}

/** The batch as if what was removed had never been there; of a removed document all stays as it is. */
export function without(batch: WriteBatch, { documents, texts }: Removed): WriteBatch {
  if (documents.size + texts.size === 0) return batch;
  const stays = (document: string): boolean => !documents.has(document);
  const isKept = ({ documentId, textHash }: MemoryRow): boolean =>
    stays(documentId!) && !texts.get(documentId!)?.has(textHash);
  return {
    ...batch,
    documents: batch.documents.filter(({ id }) => stays(id)),
    relabelled: batch.relabelled.filter(({ id }) => stays(id)),
    fresh: batch.fresh.filter(({ row }) => isKept(row)),
    reordered: batch.reordered.filter(isKept),
    removed: batch.removed.filter(({ documentId }) => stays(documentId)),
  };
}

function unfinished(row: DocumentRow): DocumentRow {
  return { ...row, version: '', contentHash: null, state: 'pending', chunkCount: 0 };
}
