import type { EntityManager } from 'typeorm';
import type { TermCounts } from './terms/sparse-encoder.js';

/**
 * Where vectors and words live. Rows are the truth: an index answers ids and scores, and search
 * joins them with the rows. Every implementation passes `vector-index.contract.ts`.
 */
export interface VectorIndex {
  /** Searches need nothing but the database, so one transaction can hold all of a search. */
  readonly inDatabase: boolean;
  /** Prepares storage for a space (idempotent, outside any transaction), e.g. an HNSW index. */
  ensureSpace(space: SpaceRef): Promise<void>;
  /**
   * Writes vectors and words of memories whose rows are written in the same transaction.
   * Idempotent by memory id; no id occurs twice in one call. Vectors that a memory has elsewhere,
   * e.g. of a reindex, were made of its old text and go.
   * @throws SpaceChanged where an entry's space is not its collection's (any more)
   */
  write(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void>;
  /** Replaces words only (title or author changed; nothing is embedded). */
  writeWords(tx: EntityManager, entries: readonly WordEntry[]): Promise<void>;
  /** Writes vectors alone, into any space, beside those that the memories have. */
  writeVectors(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void>;
  /**
   * Forgets memories; their term statistics leave with them. Call it before their rows are
   * deleted: the rows' deletion takes the index entries along, but not the statistics.
   */
  remove(tx: EntityManager, memoryIds: readonly string[]): Promise<void>;
  /** Moves memories to another collection of the same space. */
  move(tx: EntityManager, memoryIds: readonly string[], toCollection: string): Promise<void>;
  /**
   * The candidates of both arms, best fused first. Hidden memories (archived, superseded, expired)
   * may be among them unless `visibleOnly` is set.
   * @param read runs work in a transaction of the query's tenant; a store outside the database is
   *   asked between two of them
   * @param prepared what `prepare` gave for this query; else it is read first
   * @throws AppError `index_unavailable` where such a store does not answer
   * @throws SpaceChanged where a collection has got another space since the search began; so does
   *   `CandidateList.complete`
   */
  candidates(read: ReadRows, query: IndexQuery, prepared?: PreparedQuery): Promise<CandidateList>;
  /**
   * What the index must know of the rows before it can look for candidates, for a search that is
   * reading rows anyway. Where the index is in the database, candidates must be asked for in the
   * same transaction then, before anything else is prepared there.
   */
  prepare(tx: EntityManager, query: IndexQuery): Promise<PreparedQuery>;
  /**
   * Resolves once the index can take what a sync writes next; at once where it is in the database.
   * @throws the signal's reason when it aborts
   */
  waitForRoom(signal: AbortSignal): Promise<void>;
  /**
   * The same for work that nobody waits for, which leaves syncs their room.
   * @returns how many memories it may write before it waits again
   * @throws the signal's reason when it aborts
   */
  waitAsMaintenance(signal?: AbortSignal): Promise<number>;
  /** @throws AppError `index_behind` when the index is too far behind to take a request's writes */
  requireRoom(): Promise<void>;
  /** The stored vectors of some memories, for related and dedup. */
  vectors(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>>;
  /** Which of some memories of a collection have a vector in a space, and which have words. */
  held(
    tx: EntityManager,
    space: number,
    collectionId: string,
    memoryIds: readonly string[],
  ): Promise<HeldMemories>;
  /** Memories of a collection that have no vector in a space, up to `limit`, in no order. */
  withoutVector(
    tx: EntityManager,
    space: number,
    collectionId: string,
    limit: number,
  ): Promise<string[]>;
  /** False while searches of the space would miss vectors of the collection, or be slow. */
  isServing(tx: EntityManager, space: SpaceRef, collectionId: string): Promise<boolean>;
  /**
   * Deletes vectors of a collection in all spaces but some.
   * @returns how many, at most `limit`
   */
  removeVectorsOutside(
    tx: EntityManager,
    collectionId: string,
    spaces: readonly number[],
    limit: number,
  ): Promise<number>;
}

export interface HeldMemories {
  readonly vectors: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
}

/** Runs work in a transaction. */
export type ReadRows = <T>(work: (tx: EntityManager) => Promise<T>) => Promise<T>;

export const VECTOR_INDEX = Symbol('VectorIndex');

export interface SpaceRef {
  readonly id: number;
  readonly dimensions: number;
}

export interface WordEntry {
  readonly memoryId: string;
  readonly collectionId: string;
  /**
   * Text of the words arm (title, heading path, text, author and date written out), or its terms
   * counted before the transaction by `analyse`.
   */
  readonly words: string | TermCounts;
}

export interface VectorEntry {
  readonly memoryId: string;
  readonly collectionId: string;
  readonly spaceId: number;
  /** Unit length, or the zero vector for a text without known tokens. */
  readonly embedding: Float32Array;
}

export interface IndexEntry extends WordEntry, VectorEntry {}

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
  /**
   * Leaves hidden memories out inside the arms. Slower without a filter, so it is asked for only
   * when hidden memories crowded out the others in a first answer.
   */
  readonly visibleOnly?: boolean;
}

/** Known to the index alone. */
export type PreparedQuery = object;

/** Conditions on the memory row, applied inside both arms. */
export interface MemoryFilter {
  readonly containerTag?: string;
  readonly category?: string;
  readonly source?: string;
  readonly connectionId?: string;
  readonly author?: string;
  readonly container?: string;
  /** Bounds, both inclusive, on when the source last changed it, else on when it was stored. */
  readonly since?: Date;
  readonly until?: Date;
  /** Containment, as `@>` of jsonb; see `DOCUMENT_FIELDS` for what synced memories add. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly excludeIds?: readonly string[];
}

export interface CandidateList {
  readonly candidates: readonly Candidate[];
  /** An arm gave all that `depth` allows, so there may be more. */
  readonly full: boolean;
  /**
   * Replaces bounds among the scores of some candidates by the scores themselves, as the rows have
   * them. Absent where an index gives both scores at once.
   * @returns by memory id; what has no score that makes it a candidate is left out
   */
  readonly complete?: CompleteScores;
}

export type CompleteScores = (
  tx: EntityManager,
  candidates: readonly Candidate[],
) => Promise<ReadonlyMap<string, Candidate>>;

export interface Candidate {
  readonly memoryId: string;
  /** 0 when there is no query vector. */
  readonly cosine: number;
  /** 0 where no query term occurs. */
  readonly bm25: number;
  /** `bm25` as a share, 0 to 1, of the most that any text could reach for this query. */
  readonly coverage: number;
  /** cosine + 0.25 x bm25 / ln(1 + N), or the one arm's own score. */
  readonly fused: number;
  /**
   * One arm has not found it, so the score of that arm is only the most that it can be, and
   * `fused` with it; see `CandidateList.complete`.
   */
  readonly bounded?: true;
}
