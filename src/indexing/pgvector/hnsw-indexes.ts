import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../../common/clock.js';
import { Database } from '../../database/database.js';
import type { SpaceRef } from '../vector-index.js';

/**
 * Up to this many vectors an exact scan is fast, and writes are several times cheaper than with
 * an HNSW index to keep.
 */
export const EXACT_ROWS = 20_000;
/** A space that grew by more than this share between two looks is being loaded. */
const LOADING_SHARE = 0.05;
/** A load is waited for up to this many vectors, over which an exact scan takes half a second. */
const MOST_EXACT_ROWS = 250_000;
/** How long an answer about an index is believed. */
const BELIEVED_MS = 10_000;

export interface HnswIndex {
  /** Type that the index holds, e.g. `vector(256)`. */
  readonly type: string;
  /** Vectors in it, of all tenants, as PostgreSQL estimates. */
  readonly rows: number;
}

/**
 * A graph that outgrows it is built row by row from disk: 131,000 rows took 87 s with it and 321 s
 * with PostgreSQL's default of 64 MB.
 */
const BUILD_MEMORY = '512MB';

/**
 * The approximate index of each space that has outgrown exact scans. Only on a server: building
 * one would hold the embedded session for minutes.
 */
@Injectable()
export class HnswIndexes {
  private readonly known = new Map<number, { index: HnswIndex | null; until: number }>();
  private readonly spaces = new Map<number, SpaceRef>();
  /** Vectors of each space at the last look. */
  private readonly counted = new Map<number, number>();
  /** Builds and rebuilds of this process under way. */
  private building = 0;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The usable index of a space; null where there is none. */
  async find(tx: EntityManager, space: SpaceRef): Promise<HnswIndex | null> {
    const type = indexedType(space.dimensions);
    if (this.database.mode === 'embedded' || type === null) return null;
    this.spaces.set(space.id, space);
    const now = this.clock.now().getTime();
    const known = this.known.get(space.id);
    if (known && now < known.until) return known.index;
    const [row] = await tx.query<{ valid: boolean; rows: number }[]>(
      `select i.indisvalid as valid, greatest(c.reltuples, 0)::float8 as rows
       from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indexrelid = to_regclass($1)`,
      [nameOf(space)],
    );
    const index = row?.valid ? { type, rows: row.rows } : null;
    this.known.set(space.id, { index, until: now + BELIEVED_MS });
    return index;
  }

  /** False while the index that the space has outgrown exact scans for is still to be built. */
  async isServing(tx: EntityManager, space: SpaceRef): Promise<boolean> {
    if (this.database.mode === 'embedded' || indexedType(space.dimensions) === null) return true;
    if (await this.find(tx, space)) return true;
    const [row] = await tx.query<{ rows: number }[]>(
      `select count(*)::int as rows from (
         select from vectors where space_id = $1 limit $2::int) counted`,
      [space.id, EXACT_ROWS + 1],
    );
    return row!.rows <= EXACT_ROWS;
  }

  /**
   * Makes the indexes of all spaces anew, one after the other, while searches go on in the old
   * ones. Takes minutes per million vectors.
   */
  async rebuildAll(): Promise<void> {
    if (this.database.mode === 'embedded') return;
    for (const name of await this.names()) {
      // What a rebuild that was cut off has left behind.
      await this.database.maintain(`drop index concurrently if exists ${name}_ccnew`);
      await this.whileBuilding(() =>
        this.database.maintain(`reindex index concurrently ${name}`, {
          maintenance_work_mem: BUILD_MEMORY,
        }),
      );
    }
  }

  /** Whether any process builds one at this moment. */
  async isBuilding(tx: EntityManager): Promise<boolean> {
    if (this.building > 0) return true;
    if (this.database.mode === 'embedded') return false;
    const rows = await tx.query<unknown[]>(
      `select from pg_stat_progress_create_index where relid = 'vectors'::regclass`,
    );
    return rows.length > 0;
  }

  /** Names of the indexes that there are. */
  private names(): Promise<string[]> {
    return this.database.asSystem(async (tx) => {
      const rows = await tx.query<{ name: string }[]>(
        `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indrelid = 'vectors'::regclass and i.indisvalid
           and c.relname ~ '^vectors_hnsw_\\d+$' order by 1`,
      );
      return rows.map(({ name }) => name);
    });
  }

  /** From now on `buildMissing` looks after the space. */
  watch(space: SpaceRef): void {
    this.spaces.set(space.id, space);
  }

  /**
   * Builds the index of every watched space that has outgrown exact scans, without blocking
   * writers. Takes minutes per million vectors. It waits for the end of a load, so it is called
   * again and again: to build once takes a fraction of the time of inserting into an index.
   */
  async buildMissing(): Promise<void> {
    if (this.database.mode === 'embedded') return;
    for (const space of this.spaces.values()) {
      const type = indexedType(space.dimensions);
      if (type === null || !(await this.needsBuild(space))) continue;
      const name = nameOf(space);
      // One that a crash left half built is invalid and in the way.
      await this.database.maintain(`drop index concurrently if exists ${name}`);
      await this.build(name, type, space.id);
      this.known.delete(space.id);
    }
  }

  /**
   * Cancels builds, which would otherwise keep this process from ending for minutes: those of
   * another one as well, which makes what is missing a little later.
   */
  async stopBuilding(): Promise<void> {
    if (this.building === 0) return;
    await this.database.asSystem((tx) =>
      tx.query(
        `select pg_cancel_backend(pid) from pg_stat_progress_create_index
         where relid = 'vectors'::regclass`,
      ),
    );
  }

  private async build(name: string, type: string, spaceId: number): Promise<void> {
    const operators = `${type.slice(0, type.indexOf('('))}_ip_ops`;
    await this.whileBuilding(() =>
      this.database.maintain(
        `create index concurrently ${name} on vectors
         using hnsw ((embedding::${type}) ${operators}) where space_id = ${spaceId}`,
        { maintenance_work_mem: BUILD_MEMORY },
      ),
    );
  }

  private async whileBuilding(work: () => Promise<unknown>): Promise<void> {
    this.building += 1;
    try {
      await work();
    } finally {
      this.building -= 1;
    }
  }

  private async needsBuild(space: SpaceRef): Promise<boolean> {
    const rows = await this.countUnindexed(space);
    const before = this.counted.get(space.id);
    this.counted.set(space.id, rows);
    if (rows <= EXACT_ROWS) return false;
    const loading = before === undefined || rows > before * (1 + LOADING_SHARE);
    return !loading || rows > MOST_EXACT_ROWS;
  }

  /** Vectors of a space that has no usable index, 0 where one is there or under way. */
  private countUnindexed(space: SpaceRef): Promise<number> {
    return this.database.asSystem(
      async (tx) => {
        const [row] = await tx.query<{ rows: number }[]>(
          `select case when exists (
               select from pg_index where indexrelid = to_regclass($1) and indisvalid)
             or exists (
               select from pg_stat_progress_create_index where relid = 'vectors'::regclass)
             then 0 else (select count(*) from (
               select from vectors where space_id = $2 limit $3::int) enough)::int end as rows`,
          [nameOf(space), space.id, MOST_EXACT_ROWS + 1],
        );
        return row!.rows;
      },
      { priority: 'background' },
    );
  }
}

function nameOf(space: SpaceRef): string {
  return `vectors_hnsw_${space.id}`;
}

/** pgvector's HNSW takes 2,000 dimensions as `vector`, 4,000 as `halfvec`, no more. */
function indexedType(dimensions: number): string | null {
  if (dimensions <= 2000) return `vector(${dimensions})`;
  return dimensions <= 4000 ? `halfvec(${dimensions})` : null;
}
