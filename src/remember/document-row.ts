import type { Citation, SourceDocument } from '../../connectors/sdk/contract.js';

/**
 * pending: being written; live: searchable; suspect: unseen by a proven sweep and not there by the
 * source's own word, still searchable; lost_access and deleted: hidden, kept until `purge_at`.
 */
export type DocumentState = 'pending' | 'live' | 'suspect' | 'lost_access' | 'deleted';

/** What the engine needs to know about a stored document to judge a listed one. */
export interface KnownDocument {
  readonly id: string;
  readonly externalId: string;
  /** Position in the sweep bitmaps of its connection. */
  readonly seq: number;
  readonly version: string;
  readonly contentHash: string | null;
  readonly metaHash: string | null;
  readonly state: DocumentState;
  readonly partition: string;
  readonly title: string;
  readonly url: string | null;
  readonly author: string | null;
  readonly chunkCount: number;
  /** Restored here, and not listed by its source since. */
  readonly kept: boolean;
  /** When its content was last read and stored. */
  readonly syncedAt: Date;
  readonly sourceCreatedAt: Date | null;
  readonly sourceUpdatedAt: Date | null;
}

/** One row as the engine writes it. */
export interface DocumentRow {
  readonly id: string;
  readonly externalId: string;
  readonly partition: string;
  readonly seq: number;
  readonly version: string;
  readonly contentHash: string | null;
  readonly metaHash: string;
  readonly state: DocumentState;
  readonly title: string;
  /** The source's own name for it: among the searchable words, never shown. */
  readonly listedTitle: string;
  readonly url: string | null;
  readonly author: string | null;
  readonly container: string | null;
  readonly parents: readonly string[];
  readonly access: Readonly<Record<string, unknown>>;
  readonly principals: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** null: as stored, since the content was not read. */
  readonly citations: readonly Citation[] | null;
  readonly chunkCount: number;
  readonly sourceCreatedAt: Date | null;
  readonly sourceUpdatedAt: Date | null;
}

/** The row of a document as the source describes it now. */
export function toDocumentRow(
  source: Omit<SourceDocument, 'body'>,
  stored: {
    id: string;
    seq: number;
    title: string;
    contentHash: string | null;
    metaHash: string;
    chunkCount: number;
    citations: readonly Citation[] | null;
  },
): DocumentRow {
  // Field by field: a spread in front of so many makes the engine grow the object as it goes.
  return {
    id: stored.id,
    externalId: source.externalId,
    partition: source.partition,
    seq: stored.seq,
    version: source.version,
    contentHash: stored.contentHash,
    metaHash: stored.metaHash,
    state: 'live',
    title: stored.title,
    listedTitle: source.title,
    url: source.url,
    author: source.author,
    container: source.container,
    parents: source.parents,
    access: { mode: source.access.mode },
    principals: source.access.principals,
    metadata: source.metadata,
    citations: stored.citations,
    chunkCount: stored.chunkCount,
    sourceCreatedAt: source.times.createdAt,
    sourceUpdatedAt: source.times.updatedAt,
  };
}
