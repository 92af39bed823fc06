import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { redact } from '../../common/redact.js';
import type { Secret } from '../../common/secret.js';
import { Database } from '../../database/database.js';
import { OutboxRepository, type Mark } from '../outbox/outbox.repository.js';
import { toPoint, type PointSource } from './point.js';
import { PointSourcesRepository } from './point-sources.repository.js';
import {
  CollectionRefused,
  MayBeDoneLater,
  QdrantCollectionMissing,
  QdrantRefusal,
} from './qdrant-errors.js';
import { QdrantSpaces } from './qdrant-spaces.js';
import { QdrantStore } from './qdrant-store.js';

/** Marks at a time. */
const BATCH = 500;
/** Qdrant takes requests of 32 MB; a number takes up to 22 characters. */
const REQUEST_BYTES = 8_000_000;
const BYTES_PER_NUMBER = 22;

/**
 * Brings points in line with the rows that are marked: whatever the row says now, not what it said
 * when it was marked, so marks may be lost to a newer one, applied twice or in any order.
 */
@Injectable()
export class OutboxApplier {
  private readonly logger = new Logger('Outbox');

  constructor(
    private readonly database: Database,
    private readonly outbox: OutboxRepository,
    private readonly sources: PointSourcesRepository,
    private readonly spaces: QdrantSpaces,
    private readonly store: QdrantStore,
    /** What errors may quote and nobody is to read. */
    private readonly secrets: readonly Secret<string>[] = [],
  ) {}

  /**
   * @param leftFor seconds for which nobody has taken the marks up; 0 takes all that are due
   * @returns how many marks were taken up; 0 when none is due
   * @throws AppError `index_unavailable`; the marks are due again then, at once or with their claim
   */
  async applySome({ leftFor = 0 } = {}): Promise<number> {
    const marks = await this.inBackground((tx) => this.outbox.claim(tx, BATCH, leftFor));
    if (marks.length === 0) return 0;
    const left = new Set(marks);
    try {
      for (const space of new Set(marks.map((mark) => mark.space_id)))
        await this.apply(
          space,
          marks.filter((mark) => mark.space_id === space),
          left,
        );
    } catch (error) {
      // Or a write that is done late would undo a newer one; the claim's end is late enough.
      if (!(error instanceof MayBeDoneLater)) {
        const why = redact(error instanceof Error ? error.message : String(error), this.secrets);
        await this.inBackground((tx) => this.outbox.giveBack(tx, [...left], why));
      }
      throw error;
    }
    return marks.length;
  }

  /** @param left marks that are still the caller's; what is done with loses its place there */
  private async apply(space: number, marks: readonly Mark[], left: Set<Mark>): Promise<void> {
    const ids = marks.map((mark) => mark.memory_id);
    const sources = await this.inBackground((tx) => this.sources.byIds(tx, space, ids));
    try {
      await this.write(space, marks, sources);
    } catch (error) {
      if (error instanceof QdrantRefusal) return this.isolate(space, marks, left, error);
      if (!(error instanceof CollectionRefused)) throw error;
      // They would keep those of other spaces out if they were due at once. The look for lost
      // collections tries again and tells the health of it.
      this.logger.error(`${marks.length} points of space ${space} wait: ${error.message}`);
      return this.settle(marks, left, (tx) => this.outbox.postpone(tx, marks, error.message));
    }
    await this.settle(marks, left, (tx) => this.outbox.clear(tx, marks));
  }

  /**
   * @throws QdrantRefusal when there are several points, so that each is tried by itself, or when
   *   the newest collection does not take a single one; what only the one before it refuses is
   *   mended by the swap, which must not wait for it
   */
  private async write(
    space: number,
    marks: readonly Mark[],
    sources: readonly PointSource[],
  ): Promise<void> {
    const present = new Set(sources.map((source) => source.memory_id));
    const gone = marks.map((mark) => mark.memory_id).filter((id) => !present.has(id));
    let refusal: QdrantRefusal | undefined;
    for (const target of await this.spaces.targets(space)) {
      try {
        for (const request of requestsOf(sources))
          await this.store.upsert(target, request.map(toPoint));
        if (gone.length > 0) await this.store.delete(target, gone);
        refusal = undefined;
      } catch (error) {
        if (error instanceof QdrantRefusal && marks.length === 1) {
          refusal = error;
          this.logger.warn(
            `${target} refuses the point of ${marks[0]!.memory_id}: ${error.message}`,
          );
          continue;
        }
        if (!(error instanceof QdrantCollectionMissing)) throw error;
        await this.spaces.recover(space, target);
        // The marks count for the collection that is now being built.
        return this.write(space, marks, sources);
      }
    }
    if (refusal) throw refusal;
  }

  /** One point that Qdrant does not take must not keep the others out. */
  private async isolate(
    space: number,
    marks: readonly Mark[],
    left: Set<Mark>,
    refusal: QdrantRefusal,
  ): Promise<void> {
    if (marks.length === 1) {
      const mark = marks[0]!;
      this.logger.error(`The point of ${mark.memory_id} is refused: ${refusal.message}`);
      return this.settle(marks, left, (tx) => this.outbox.refuse(tx, mark, refusal.message));
    }
    const half = Math.ceil(marks.length / 2);
    await this.apply(space, marks.slice(0, half), left);
    await this.apply(space, marks.slice(half), left);
  }

  private async settle(
    marks: readonly Mark[],
    left: Set<Mark>,
    work: (tx: EntityManager) => Promise<void>,
  ): Promise<void> {
    await this.inBackground(work);
    for (const mark of marks) left.delete(mark);
  }

  private inBackground<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return this.database.asSystem(work, { priority: 'background' });
  }
}

/** Sources in groups whose points one request can carry. */
function* requestsOf(sources: readonly PointSource[]): Generator<PointSource[]> {
  let request: PointSource[] = [];
  let bytes = 0;
  for (const source of sources) {
    const size = sizeOf(source);
    if (request.length > 0 && bytes + size > REQUEST_BYTES) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(source);
    bytes += size;
  }
  if (request.length > 0) yield request;
}

/** At most so many bytes of JSON. */
function sizeOf({ embedding, terms, metadata }: PointSource): number {
  const numbers = (embedding.length + 2 * (terms?.length ?? 0)) / Float32Array.BYTES_PER_ELEMENT;
  return BYTES_PER_NUMBER * numbers + 2 * JSON.stringify(metadata).length + 1000;
}
