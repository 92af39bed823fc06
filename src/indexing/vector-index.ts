import type { EntityManager } from 'typeorm';

/**
 * Where vectors and words live. Rows are the truth: an index answers ids and scores, and search
 * joins them with the rows. Every implementation passes `vector-index.contract.ts`.
 */
export interface VectorIndex {
  /** Prepares storage for a space (idempotent), e.g. an HNSW index on a server. */
  ensureSpace(space: SpaceRef): Promise<void>;
  /**
   * Writes vectors and words of memories whose rows are written in the same transaction.
   * Idempotent by memory id.
   */
  write(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void>;
  /** Replaces words only (title or author changed; nothing is embedded). */
  writeWords(tx: EntityManager, entries: readonly WordEntry[]): Promise<void>;
  /** Forgets memories; their term statistics leave with them. */
  remove(tx: EntityManager, memoryIds: readonly string[]): Promise<void>;
  /** Moves memories to another collection of the same space. */
  move(tx: EntityManager, memoryIds: readonly string[], toCollection: string): Promise<void>;
  /** The candidates of both arms with both scores, best fused first. */
  candidates(tx: EntityManager, query: IndexQuery): Promise<Candidate[]>;
  /** The stored vectors of some memories, for related and dedup. */
  vectors(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>>;
}

export const VECTOR_INDEX = Symbol('VectorIndex');

export interface SpaceRef {
  readonly id: number;
  readonly dimensions: number;
}

export interface WordEntry {
  readonly memoryId: string;
  readonly collectionId: string;
  /** Text of the words arm: title, heading path, text, author and date written out. */
  readonly words: string;
}

export interface IndexEntry extends WordEntry {
  readonly spaceId: number;
  readonly embedding: Float32Array;
}

export interface IndexQuery {
  readonly tenant: string;
  readonly space: SpaceRef;
  readonly collectionIds: readonly string[];
  readonly mode: 'hybrid' | 'vector' | 'text';
  /** Unit vector of the query; null in text mode or when it has no known token. */
  readonly embedding: Float32Array | null;
  readonly text: string;
  /** Candidates per arm. */
  readonly depth: number;
  /** Dense candidates below this raw cosine are dropped unless their words match. */
  readonly minCosine: number;
  readonly filter: MemoryFilter;
}

/** Conditions on the memory row, applied inside both arms. */
export interface MemoryFilter {
  readonly containerTag?: string;
  readonly category?: string;
  readonly source?: string;
  readonly connectionId?: string;
  readonly author?: string;
  readonly container?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly metadata?: Record<string, unknown>;
  readonly excludeIds?: readonly string[];
}

export interface Candidate {
  readonly memoryId: string;
  readonly collectionId: string;
  readonly cosine: number;
  /** 0 where no query term occurs. */
  readonly bm25: number;
  /** cosine + 0.25 x bm25 / ln(1 + N), or the one arm's own score. */
  readonly fused: number;
}
