import type { EntityManager } from 'typeorm';
import { fuse } from './fusion.js';
import { termsOf, idf, K1, queryTerms, weigh, type TermCounts } from './terms/sparse-encoder.js';
import type {
  Candidate,
  CandidateList,
  HeldMemories,
  IndexEntry,
  IndexQuery,
  MemoryFilter,
  PreparedQuery,
  ReadRows,
  VectorEntry,
  VectorIndex,
  WordEntry,
} from './vector-index.js';

/** What a filter looks at. */
export interface FakeMemory {
  readonly visible: boolean;
  readonly containerTag?: string;
  readonly category?: string;
  readonly source?: string;
  readonly connectionId?: string;
  readonly author?: string;
  readonly container?: string;
  /** When the source last changed it, else when it was stored. */
  readonly time?: Date;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

interface Entry {
  collectionId: string;
  counts: TermCounts;
  /** By space. */
  vectors: Map<number, Float32Array>;
}

/**
 * A VectorIndex in memory for the tests of its users: exact, always up to date, and no part of
 * any transaction.
 */
export class FakeVectorIndex implements VectorIndex {
  readonly inDatabase = true;
  readonly entries = new Map<string, Entry>();

  /** @param rowOf the memory's row; without it every memory is visible and unlabelled */
  constructor(private readonly rowOf: (id: string) => FakeMemory = () => ({ visible: true })) {}

  ensureSpace(): Promise<void> {
    return Promise.resolve();
  }

  async write(tx: EntityManager, entries: readonly IndexEntry[]): Promise<void> {
    await this.writeWords(tx, entries);
    for (const { memoryId } of entries) this.entries.get(memoryId)!.vectors.clear();
    await this.writeVectors(tx, entries);
  }

  writeVectors(_tx: EntityManager, entries: readonly VectorEntry[]): Promise<void> {
    for (const { memoryId, spaceId, embedding } of entries) {
      this.entries.get(memoryId)!.vectors.set(spaceId, embedding);
    }
    return Promise.resolve();
  }

  writeWords(_tx: EntityManager, entries: readonly WordEntry[]): Promise<void> {
    for (const { memoryId, collectionId, words } of entries) {
      const vectors = this.entries.get(memoryId)?.vectors ?? new Map<number, Float32Array>();
      this.entries.set(memoryId, { collectionId, counts: termsOf(words), vectors });
    }
    return Promise.resolve();
  }

  remove(_tx: EntityManager, memoryIds: readonly string[]): Promise<void> {
    for (const id of memoryIds) this.entries.delete(id);
    return Promise.resolve();
  }

  move(_tx: EntityManager, memoryIds: readonly string[], toCollection: string): Promise<void> {
    for (const id of memoryIds) {
      const entry = this.entries.get(id);
      if (entry) entry.collectionId = toCollection;
    }
    return Promise.resolve();
  }

  vectors(
    _tx: EntityManager,
    space: number,
    memoryIds: readonly string[],
  ): Promise<Map<string, Float32Array>> {
    const found = new Map<string, Float32Array>();
    for (const id of memoryIds) {
      const vector = this.entries.get(id)?.vectors.get(space);
      if (vector) found.set(id, vector);
    }
    return Promise.resolve(found);
  }

  held(
    _tx: EntityManager,
    space: number,
    collectionId: string,
    memoryIds: readonly string[],
  ): Promise<HeldMemories> {
    const words = memoryIds.filter((id) => this.entries.has(id));
    const vectors = words.filter((id) => {
      const entry = this.entries.get(id)!;
      return entry.collectionId === collectionId && entry.vectors.has(space);
    });
    return Promise.resolve({ vectors: new Set(vectors), words: new Set(words) });
  }

  /** It knows of those memories only that have words. */
  withoutVector(
    _tx: EntityManager,
    space: number,
    collectionId: string,
    limit: number,
  ): Promise<string[]> {
    const missing = [...this.entries].filter(
      ([, entry]) => entry.collectionId === collectionId && !entry.vectors.has(space),
    );
    return Promise.resolve(missing.slice(0, limit).map(([id]) => id));
  }

  isServing(): Promise<boolean> {
    return Promise.resolve(true);
  }

  removeVectorsOutside(
    _tx: EntityManager,
    collectionId: string,
    spaces: readonly number[],
    limit: number,
  ): Promise<number> {
    let removed = 0;
    for (const entry of this.entries.values()) {
      if (entry.collectionId !== collectionId) continue;
      for (const space of entry.vectors.keys()) {
        if (spaces.includes(space) || removed === limit) continue;
        entry.vectors.delete(space);
        removed += 1;
      }
    }
    return Promise.resolve(removed);
  }

  candidates(_read: ReadRows, query: IndexQuery): Promise<CandidateList> {
    const inScope = [...this.entries].filter(([, entry]) =>
      query.collectionIds.includes(entry.collectionId),
    );
    const score = this.scorer(inScope, query);
    const embedding = query.mode === 'text' ? null : query.embedding;
    const scored = inScope
      .filter(([id]) => this.admits(id, query))
      .map(([id, entry]): Candidate => {
        const vector = entry.vectors.get(query.space.id);
        const cosine = embedding && vector ? dot(embedding, vector) : 0;
        const { bm25, coverage } = score(entry);
        const fused = embedding ? fuse(cosine, bm25, inScope.length) : bm25;
        return { memoryId: id, cosine, bm25, coverage, fused };
      });
    const best = (by: (candidate: Candidate) => number): Candidate[] =>
      scored.toSorted((a, b) => by(b) - by(a)).slice(0, query.depth);
    const dense = embedding ? best((candidate) => candidate.cosine) : [];
    const words = best((candidate) => candidate.bm25).filter((candidate) => candidate.bm25 > 0);
    const candidates = [...new Set([...dense, ...words])]
      .filter(({ bm25, cosine }) => bm25 > 0 || cosine >= query.minCosine)
      .sort((a, b) => b.fused - a.fused || (a.memoryId < b.memoryId ? -1 : 1));
    const full = dense.length >= query.depth || words.length >= query.depth;
    return Promise.resolve({ candidates, full });
  }

  prepare(): Promise<PreparedQuery> {
    return Promise.resolve({});
  }

  waitForRoom(): Promise<void> {
    return Promise.resolve();
  }

  waitAsMaintenance(): Promise<number> {
    return Promise.resolve(Infinity);
  }

  requireRoom(): Promise<void> {
    return Promise.resolve();
  }

  private scorer(inScope: readonly (readonly [string, Entry])[], query: IndexQuery) {
    const terms = query.mode === 'vector' ? [] : queryTerms(query.text);
    const weights = terms.map(({ id, occurrences }) => {
      const df = inScope.filter(([, entry]) => entry.counts.terms.includes(id)).length;
      return { id, weight: occurrences * idf(inScope.length, df) };
    });
    const highest = weights.reduce((sum, { weight }) => sum + weight * (K1 + 1), 0);
    return ({ collectionId, counts }: Entry) => {
      const peers = inScope.filter(([, entry]) => entry.collectionId === collectionId);
      const average = peers.reduce((sum, [, entry]) => sum + entry.counts.length, 0) / peers.length;
      const saturated = weigh(counts, average);
      const bm25 = weights.reduce(
        (sum, { id, weight }) => sum + weight * (saturated[counts.terms.indexOf(id)] ?? 0),
        0,
      );
      return { bm25, coverage: highest > 0 ? bm25 / highest : 0 };
    };
  }

  private admits(id: string, { filter, visibleOnly }: IndexQuery): boolean {
    if (filter.excludeIds?.includes(id)) return false;
    const row = this.rowOf(id);
    const filtered = Object.entries(filter).some(
      ([name, value]) => name !== 'excludeIds' && value !== undefined,
    );
    if (!row.visible && (visibleOnly === true || filtered)) return false;
    return matches(row, filter);
  }
}

function matches(row: FakeMemory, filter: MemoryFilter): boolean {
  const { since, until, metadata } = filter;
  const labels = [
    'containerTag',
    'category',
    'source',
    'connectionId',
    'author',
    'container',
  ] as const;
  return (
    labels.every((label) => filter[label] === undefined || filter[label] === row[label]) &&
    (since === undefined || (row.time !== undefined && row.time >= since)) &&
    (until === undefined || (row.time !== undefined && row.time <= until)) &&
    (metadata === undefined || contains(row.metadata ?? {}, metadata))
  );
}

/** `@>` of jsonb. */
function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) && part.every((wanted) => whole.some((has) => contains(has, wanted)))
    );
  }
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return false;
  return Object.entries(part).every(
    ([key, value]) =>
      Object.hasOwn(whole, key) && contains((whole as Record<string, unknown>)[key], value),
  );
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}
