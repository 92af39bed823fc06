import type { DocumentRow } from './document-row.js';
import type { MemoryRow } from './memory-rows.repository.js';
import type { FreshChunk, PreparedDocument } from './prepare-document.js';

/** What one transaction writes. */
export interface WriteBatch {
  readonly documents: DocumentRow[];
  /** Stored documents whose chunks take over the document's labels. */
  readonly relabelled: DocumentRow[];
  readonly fresh: EmbeddedChunk[];
  readonly reordered: MemoryRow[];
  keptCount: number;
  readonly removed: string[];
}

export interface EmbeddedChunk extends FreshChunk {
  readonly embedding: Float32Array;
}

export interface EmbeddedDocument extends Omit<PreparedDocument, 'fresh'> {
  readonly fresh: readonly EmbeddedChunk[];
}

/**
 * Cuts documents into transactions of at most `size` new chunks. A document that needs several
 * stays `pending` with an empty version until the last one, which also prunes: a crash in between
 * leaves it to be done again, and readers never see it without text.
 */
export function* writeBatches(
  documents: Iterable<EmbeddedDocument>,
  size: number,
): Generator<WriteBatch> {
  let batch = emptyBatch();
  const isFull = (): boolean => batch.fresh.length >= size || batch.documents.length >= size;
  for (const document of documents) {
    let from = 0;
    while (batch.fresh.length + document.fresh.length - from > size) {
      const room = size - batch.fresh.length;
      if (from === 0 && document.isNew) batch.documents.push(unfinished(document.row));
      batch.fresh.push(...document.fresh.slice(from, from + room));
      from += room;
      yield batch;
      batch = emptyBatch();
    }
    batch.documents.push(document.row);
    batch.fresh.push(...document.fresh.slice(from));
    batch.reordered.push(...document.reordered);
    batch.keptCount += document.keptCount;
    if (!document.isNew) batch.relabelled.push(document.row);
    batch.removed.push(...document.removed);
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
    relabelled: [],
    fresh: [],
    reordered: [],
    keptCount: 0,
    removed: [],
  };
}

function unfinished(row: DocumentRow): DocumentRow {
  return { ...row, version: '', contentHash: null, state: 'pending', chunkCount: 0 };
}
