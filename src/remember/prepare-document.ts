import { analyse, type TermCounts } from '../indexing/terms/sparse-encoder.js';
import type { ChangedDocument, SyncTarget } from './changed-document.js';
import { chunking } from './chunk/chunk-document.js';
import { chunkId } from './chunk/chunk-id.js';
import { embeddedText, wordsText } from './chunk/chunk-texts.js';
import { toDocumentRow, type DocumentRow } from './document-row.js';
import type { MemoryRow, StoredChunk } from './memory-rows.repository.js';
import { textHash } from './normalise.js';
import { atOnce, type Steps } from './steps.js';

/** What one changed document asks of the store. */
export interface PreparedDocument {
  readonly row: DocumentRow;
  readonly isNew: boolean;
  /** Chunks that need a vector. */
  readonly fresh: readonly FreshChunk[];
  /** Chunks that keep their vector but stand elsewhere in the document now. */
  readonly reordered: readonly MemoryRow[];
  readonly keptCount: number;
  /** Stored chunks that the new content no longer has. */
  readonly removed: readonly RemovedChunk[];
}

export interface RemovedChunk extends Pick<StoredChunk, 'id' | 'documentId'> {
  /** The chunk that takes its place, stored before or with it. */
  readonly successorId?: string;
}

export interface FreshChunk {
  readonly row: MemoryRow;
  readonly embeddedText: string;
  readonly words: TermCounts;
}

export interface PrepareOptions {
  countTokens(text: string): number;
  readonly now: Date;
}

/** Chunks a document and compares it with what is stored: only what changed is embedded. */
export function prepareDocument(
  target: SyncTarget,
  document: ChangedDocument,
  stored: readonly StoredChunk[],
  options: PrepareOptions,
): PreparedDocument {
  return atOnce(preparing(target, document, stored, options));
}

/** `prepareDocument` in steps, for a text that may be large. */
export function* preparing(
  target: SyncTarget,
  document: ChangedDocument,
  stored: readonly StoredChunk[],
  options: PrepareOptions,
): Steps<PreparedDocument> {
  const { source, title } = document;
  const chunks = yield* chunking(
    { title, text: document.text, kind: document.kind },
    { countTokens: (text) => options.countTokens(text) },
  );
  const storedById = new Map(stored.map((chunk) => [chunk.id, chunk]));
  const fresh: FreshChunk[] = [];
  const reordered: MemoryRow[] = [];
  let keptCount = 0;
  const current = new Set<string>();
  /** Ids of chunks that come into a place or stay there, by ordinal; one that moves has its own. */
  const successors = new Map<number, string>();
  for (const chunk of chunks) {
    yield;
    const hash = textHash(chunk.text);
    if (document.suppressedTexts.has(hash)) continue;
    const id = chunkId(document.id, chunk.hash, chunk.equalOrdinal);
    current.add(id);
    const before = storedById.get(id);
    if (!before || before.ordinal === chunk.ordinal) successors.set(chunk.ordinal, id);
    const row = toRow(target, document, { ...chunk, id, textHash: hash }, options.now);
    if (before && !document.retitled) {
      if (before.ordinal !== chunk.ordinal) reordered.push(row);
      keptCount += 1;
      continue;
    }
    const { headingPath, text } = chunk;
    fresh.push({
      row,
      embeddedText: embeddedText(title, headingPath, text),
      words: analyse(
        wordsText({
          title: searchableTitle(title, source.title),
          headingPath,
          text,
          author: source.author,
          date: wordsDate(source),
        }),
      ),
    });
  }
  const removed = removedChunks(
    stored.filter((chunk) => !current.has(chunk.id)),
    successors,
  );
  const predecessors = new Map(removed.map(({ id, successorId }) => [successorId, id]));
  return {
    row: documentRow(document, fresh.length + keptCount),
    isNew: document.isNew,
    fresh: fresh.map((chunk) => succeeding(chunk, predecessors.get(chunk.row.id))),
    reordered,
    keptCount,
    removed,
  };
}

/** Both names of a document are words that people look for. */
export function searchableTitle(title: string, listed: string): string {
  return title === listed ? title : `${title} ${listed}`;
}

/** The date that is searchable as words: the first one, so that an edit leaves words alone. */
export function wordsDate(source: ChangedDocument['source']): Date | null {
  return source.times.createdAt ?? source.times.updatedAt;
}

/** An edited chunk takes over, once stored, what its owner has set on the one in its place. */
function succeeding(chunk: FreshChunk, predecessorId: string | undefined): FreshChunk {
  return predecessorId ? { ...chunk, row: { ...chunk.row, predecessorId } } : chunk;
}

/** Of several in one place, which edits that were cut short have left, the oldest one hands on. */
function removedChunks(
  chunks: readonly StoredChunk[],
  successors: Map<number, string>,
): RemovedChunk[] {
  return chunks.map(({ id, documentId, ordinal }) => {
    const successorId = successors.get(ordinal);
    successors.delete(ordinal);
    return { id, documentId, successorId };
  });
}

function toRow(
  target: SyncTarget,
  document: ChangedDocument,
  chunk: {
    id: string;
    ordinal: number;
    text: string;
    textHash: string;
    headingPath: readonly string[];
  },
  now: Date,
): MemoryRow {
  const { source } = document;
  return {
    id: chunk.id,
    documentId: document.id,
    ordinal: chunk.ordinal,
    text: chunk.text,
    textHash: chunk.textHash,
    headingPath: chunk.headingPath,
    containerTag: target.containerTag,
    category: 'other',
    memoryType: null,
    source: target.provider,
    author: source.author,
    container: source.container,
    importance: 0.7,
    pinned: false,
    archived: false,
    expiresAt: null,
    metadata: source.metadata,
    images: [],
    sourceUpdatedAt: source.times.updatedAt,
    createdAt: now,
  };
}

function documentRow(document: ChangedDocument, chunkCount: number): DocumentRow {
  const { id, seq, title, source, contentHash, metaHash, citations } = document;
  return toDocumentRow(source, { id, seq, title, contentHash, metaHash, chunkCount, citations });
}
