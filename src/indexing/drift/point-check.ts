import type { EntityManager } from 'typeorm';
import type { Database } from '../../database/database.js';
import type { OutboxPressure } from '../outbox/outbox-pressure.js';
import type { OutboxRepository } from '../outbox/outbox.repository.js';
import { digestOf, type PointSource } from '../qdrant/point.js';
import type { PointSourcesRepository } from '../qdrant/point-sources.repository.js';
import { QdrantCollectionMissing } from '../qdrant/qdrant-errors.js';
import type { QdrantSpaces } from '../qdrant/qdrant-spaces.js';
import type { QdrantStore } from '../qdrant/qdrant-store.js';

const PAGE = 500;
const BEFORE_EVERY_ID = '00000000-0000-0000-0000-000000000000';

/** A page of a space; `next` is where the next one begins, null at the end. */
export interface CheckedPage {
  readonly checked: number;
  /** Memories whose point is not as it should be; why, is counted below. */
  readonly found: readonly string[];
  /** The point is of another state of the row. */
  readonly outdated: number;
  readonly withoutPoint: number;
  readonly withoutRow: number;
  readonly next: string | null;
}

/**
 * Compares points with rows. What is marked is on its way and no drift; what is found is marked,
 * and the outbox does the rest.
 */
export class PointCheck {
  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRepository,
    private readonly sources: PointSourcesRepository,
    private readonly spaces: QdrantSpaces,
    private readonly store: QdrantStore,
    private readonly pressure: OutboxPressure,
  ) {}

  /** How large a page may be whose memories are all mended; 0: the outbox has no room yet. */
  async room(): Promise<number> {
    return Math.min(PAGE, await this.pressure.maintenanceRoom());
  }

  /** Rows without a point or with one that differs. @throws AppError `index_unavailable` */
  async rows(space: number, after: string | null, size = PAGE): Promise<CheckedPage> {
    const page = await this.inBackground((tx) =>
      this.sources.page(tx, space, after ?? BEFORE_EVERY_ID, size),
    );
    const suspects = (await this.differing(space, page)).map(({ id }) => id);
    // A row that changes in between looks like drift; it does not look so twice.
    const again = await this.inBackground((tx) => this.sources.byIds(tx, space, suspects));
    const differing = await this.differing(space, again);
    const marked = await this.marked(space, suspects);
    const found = differing.filter(({ id }) => !marked.has(id));
    const outdated = found.filter(({ isThere }) => isThere).length;
    return {
      checked: page.length,
      found: found.map(({ id }) => id),
      outdated,
      withoutPoint: found.length - outdated,
      withoutRow: 0,
      next: page.length < size ? null : page.at(-1)!.memory_id,
    };
  }

  /** Points whose memory or vector is gone. @throws AppError `index_unavailable` */
  async points(space: number, after: string | null, size = PAGE): Promise<CheckedPage> {
    const ids = await this.orNone(() =>
      this.store.ids(this.spaces.alias(space), size, after ?? undefined),
    );
    const rows = await this.inBackground((tx) => this.sources.idsAmong(tx, space, ids));
    const strays = ids.filter((id) => !rows.has(id));
    const marked = await this.marked(space, strays);
    const found = strays.filter((id) => !marked.has(id));
    return {
      checked: ids.length,
      found,
      outdated: 0,
      withoutPoint: 0,
      withoutRow: found.length,
      next: ids.length < size ? null : ids.at(-1)!,
    };
  }

  /** Has the points of these memories written or deleted, as their rows say. */
  async mend(space: number, memoryIds: readonly string[]): Promise<void> {
    if (memoryIds.length > 0)
      await this.inBackground((tx) => this.outbox.mark(tx, space, memoryIds));
  }

  private async differing(
    space: number,
    sources: readonly PointSource[],
  ): Promise<{ id: string; isThere: boolean }[]> {
    if (sources.length === 0) return [];
    const ids = sources.map((source) => source.memory_id);
    const points = await this.orNone(() => this.store.retrieve(this.spaces.alias(space), ids));
    const digests = new Map(points.map(({ id, payload }) => [String(id), payload?.digest]));
    return sources
      .filter((source) => digests.get(source.memory_id) !== digestOf(source))
      .map(({ memory_id: id }) => ({ id, isThere: digests.has(id) }));
  }

  private async marked(space: number, ids: readonly string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set();
    return this.inBackground((tx) => this.outbox.marked(tx, space, ids));
  }

  /** A collection that is not there has no points. */
  private async orNone<T>(ask: () => Promise<T[]>): Promise<T[]> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof QdrantCollectionMissing) return [];
      throw error;
    }
  }

  private inBackground<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.database.asSystem(work, { priority: 'background' });
  }
}
