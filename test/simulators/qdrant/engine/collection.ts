import type {
  CreateCollection,
  IndexParams,
  StrictMode,
  UpdateCollection,
  VectorParams,
} from '../schemas/collection.schema.js';
import type { Filter } from '../schemas/filter.schema.js';
import type { PointId } from '../schemas/vector.schema.js';
import { passes } from './filter.js';
import type { Payload } from './payload.js';
import { wrongInput } from './qdrant-error.js';
import type { StoredVectors, VectorSpaces } from './vectors.js';
import { WriteQueue } from './write-queue.js';

export interface StoredPoint {
  readonly id: PointId;
  /** Number of the operation that last changed it. */
  readonly version: number;
  readonly payload: Payload;
  readonly vectors: StoredVectors;
}

/** Integers before UUIDs, each ascending: the order of scrolling. */
export function compareIds(a: PointId, b: PointId): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  return a < b ? -1 : Number(a > b);
}

export class Collection {
  readonly spaces: VectorSpaces;
  readonly indexes = new Map<string, IndexParams>();
  readonly queue: WriteQueue;
  private readonly points = new Map<PointId, StoredPoint>();
  private ordered: readonly StoredPoint[] | null = null;
  private operations = 0;

  /** @param applyAfterMs how long an unawaited write may stay invisible; null = until settled */
  constructor(
    readonly name: string,
    private config: CreateCollection,
    applyAfterMs: number | null,
  ) {
    const { vectors = {}, sparse_vectors: sparse } = config;
    const isSingle = 'size' in vectors && typeof vectors.size === 'number';
    const named = isSingle ? { '': vectors as VectorParams } : vectors;
    this.spaces = {
      dense: new Map(Object.entries(named as Record<string, VectorParams>)),
      sparse: new Set(Object.keys(sparse ?? {})),
    };
    const twice = [...this.spaces.dense.keys()].find((key) => this.spaces.sparse.has(key));
    if (twice !== undefined) {
      throw wrongInput(`Dense and sparse vector names must be unique - duplicate name: ${twice}`);
    }
    this.queue = new WriteQueue(applyAfterMs);
  }

  get settings(): CreateCollection {
    return this.config;
  }

  /** What is enforced; empty unless `enabled`. */
  get strict(): StrictMode {
    const strict = this.config.strict_mode_config;
    return strict?.enabled === true ? strict : {};
  }

  get size(): number {
    return this.points.size;
  }

  /** `m` = 0: a graph for each tenant only. */
  get hasGlobalGraph(): boolean {
    return this.config.hnsw_config?.m !== 0;
  }

  reconfigure(change: UpdateCollection): void {
    const { params, ...rest } = change;
    const next: Record<string, unknown> = { ...this.config };
    for (const [key, value] of Object.entries(rest)) {
      if (value == null) continue;
      next[key] = { ...(next[key] as object | null), ...(value as object) };
    }
    this.config = { ...(next as CreateCollection), ...defined(params ?? {}) };
  }

  /** Numbers operations as the server's log does. */
  nextOperation(): number {
    return this.operations++;
  }

  get(id: PointId): StoredPoint | undefined {
    return this.points.get(id);
  }

  put(point: StoredPoint): void {
    this.points.set(point.id, point);
    this.ordered = null;
  }

  remove(id: PointId): void {
    if (this.points.delete(id)) this.ordered = null;
  }

  /** In the order of ids. */
  inOrder(): readonly StoredPoint[] {
    this.ordered ??= [...this.points.values()].sort((a, b) => compareIds(a.id, b.id));
    return this.ordered;
  }

  /** In the order of ids; every filter must let a point through. */
  *select(...filters: readonly (Filter | null | undefined)[]): Generator<StoredPoint> {
    const given = filters.filter((filter) => filter != null);
    for (const point of this.inOrder()) {
      if (given.every((filter) => passes(point, filter))) yield point;
    }
  }
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null));
}
