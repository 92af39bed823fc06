import type { EntityManager } from 'typeorm';
import type {
  CandidateList,
  HeldMemories,
  IndexEntry,
  IndexQuery,
  PreparedQuery,
  ReadRows,
  SpaceRef,
  VectorEntry,
  VectorIndex,
  WordEntry,
} from '../vector-index.js';
import type { IndexRows } from './index-rows.js';
import type { IndexWriter } from './index-writer.js';

/** What every index whose vectors and words are rows of the database does alike. */
export abstract class RowBackedIndex implements VectorIndex {
  abstract readonly inDatabase: boolean;

  constructor(
    protected readonly rows: IndexRows,
    private readonly writer: IndexWriter,
  ) {}

  abstract ensureSpace(space: SpaceRef): Promise<void>;
  abstract candidates(
    read: ReadRows,
    query: IndexQuery,
    prepared?: PreparedQuery,
  ): Promise<CandidateList>;
  abstract prepare(tx: EntityManager, query: IndexQuery): Promise<PreparedQuery>;
  abstract isServing(tx: EntityManager, space: SpaceRef, collectionId: string): Promise<boolean>;
  abstract waitForRoom(signal: AbortSignal): Promise<void>;
  abstract waitAsMaintenance(signal?: AbortSignal): Promise<number>;
  abstract requireRoom(): Promise<void>;

  write(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void> {
    return this.writer.write(tx, entries);
  }

  writeWords(tx: EntityManager, entries: readonly WordEntry[]): Promise<void> {
    return this.writer.writeWords(tx, entries);
  }

  writeVectors(tx: EntityManager, entries: readonly VectorEntry[]): Promise<void> {
    return this.writer.writeVectors(tx, entries);
  }

  remove(tx: EntityManager, memoryIds: readonly string[]): Promise<void> {
    return this.writer.remove(tx, memoryIds);
  }

  move(tx: EntityManager, memoryIds: readonly string[], toCollection: string): Promise<void> {
    return this.writer.move(tx, memoryIds, toCollection);
  }

  vectors(
    tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>> {
    if (memoryIds.length === 0) return Promise.resolve(new Map<string, Float32Array>());
    return this.rows.vectors(tx, space, memoryIds);
  }

  held(
    tx: EntityManager,
    space: number,
    collectionId: string,
    memoryIds: readonly string[],
  ): Promise<HeldMemories> {
    return this.rows.held(tx, space, collectionId, memoryIds);
  }

  withoutVector(
    tx: EntityManager,
    space: number,
    collectionId: string,
    limit: number,
  ): Promise<string[]> {
    return this.rows.withoutVector(tx, space, collectionId, limit);
  }

  removeVectorsOutside(
    tx: EntityManager,
    collectionId: string,
    spaces: readonly number[],
    limit: number,
  ): Promise<number> {
    return this.rows.removeVectorsOutside(tx, collectionId, spaces, limit);
  }
}
