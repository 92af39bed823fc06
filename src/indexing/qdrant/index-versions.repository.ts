import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** Which physical collections a space has; there is no row until the first one is to be made. */
export interface IndexVersion {
  readonly space_id: number;
  readonly dimensions: number;
  /** The one that searches read. */
  readonly live: number;
  /** The first one can be searched. */
  readonly made: boolean;
  /** The live one vanished from the server. */
  readonly lost: boolean;
  /** The one that will replace it. */
  readonly building: number | null;
  /** Memories marked for it so far, of `total` when it began. */
  readonly marked: string;
  readonly total: string;
  /** Of the last mark of the rebuild; null until all are marked. */
  readonly last_generation: string | null;
  readonly started_at: Date | null;
}

const COLUMNS = `i.space_id, s.dimensions, i.live, i.made, i.lost, i.building, i.marked, i.total,
  case when i.marked_to is null then i.last_generation end as last_generation, i.started_at`;
const TABLES = `index_versions i join embedding_spaces s on s.id = i.space_id`;

const REFUSED_AT_MOST = 100;

@Injectable()
export class IndexVersionsRepository {
  all(tx: EntityManager): Promise<IndexVersion[]> {
    return tx.query(`select ${COLUMNS} from ${TABLES} order by i.space_id`);
  }

  async find(tx: EntityManager, space: number): Promise<IndexVersion | undefined> {
    const rows = await tx.query<IndexVersion[]>(
      `select ${COLUMNS} from ${TABLES} where i.space_id = $1`,
      [space],
    );
    return rows[0];
  }

  async insertFirst(tx: EntityManager, space: number, live: number): Promise<void> {
    await tx.query(
      `insert into index_versions (space_id, live, made) values ($1, $2, false)
       on conflict do nothing`,
      [space, live],
    );
  }

  async noteMade(tx: EntityManager, space: number, live: number): Promise<void> {
    await tx.query(`update index_versions set made = true where space_id = $1 and live = $2`, [
      space,
      live,
    ]);
  }

  /**
   * Begins a rebuild; one that is under way begins anew only when its own collection is gone.
   * @param rebuild `above`: the highest number that Qdrant has, which rows restored from a dump may
   *   not know of
   */
  async begin(
    tx: EntityManager,
    space: number,
    { lost, gone, above }: { lost: boolean; gone?: number; above: number },
  ): Promise<void> {
    await tx.query(
      `update index_versions set building = greatest(live, coalesce(building, 0), $4::int) + 1,
         lost = lost or $2, started_at = now(), marked = 0, last_generation = null,
         marked_to = '00000000-0000-0000-0000-000000000000',
         total = (select count(*) from point_vectors where space_id = $1)
       where space_id = $1 and (building is null or building = $3)`,
      [space, lost, gone ?? null, above],
    );
  }

  async noteLost(tx: EntityManager, space: number): Promise<void> {
    await tx.query(`update index_versions set lost = true where space_id = $1`, [space]);
  }

  /**
   * Marks the next memories of a rebuild, in order of their ids.
   * @returns false when another process is at it or nothing is left to mark
   */
  async markNext(tx: EntityManager, space: number, limit: number): Promise<boolean> {
    const [version] = await tx.query<{ marked_to: string | null }[]>(
      `select marked_to from index_versions where space_id = $1 and building is not null
       for update skip locked`,
      [space],
    );
    if (!version || version.marked_to === null) return false;
    const [page] = await tx.query<{ last: string | null; marked: number; generation: string }[]>(
      `with page as materialized (
         select distinct on (memory_id) memory_id, collection_id from point_vectors
         where space_id = $1 and memory_id > $2 order by memory_id limit $3),
       written as (
         insert into outbox (memory_id, space_id, collection_id, generation)
         select memory_id, $1, collection_id, nextval('outbox_generation') from page
         on conflict (memory_id, space_id) do update set generation = excluded.generation
         returning generation)
       select (select max(memory_id::text) from page) as last,
         (select count(*) from page)::int as marked,
         coalesce((select max(generation) from written), 0) as generation`,
      [space, version.marked_to, limit],
    );
    const { last, marked, generation } = page!;
    await tx.query(
      `update index_versions set marked_to = $2::uuid, marked = marked + $3,
         last_generation = greatest(coalesce(last_generation, 0), $4::bigint)
       where space_id = $1`,
      [space, marked < limit ? null : last, marked, generation],
    );
    return marked === limit;
  }

  /**
   * Marks of a rebuild that are still to be applied. Single ones that keep failing are not waited
   * for; many of them mean that something else is wrong.
   */
  async unapplied(tx: EntityManager, space: number, lastGeneration: string): Promise<number> {
    const [row] = await tx.query<{ marks: number; refused: number }[]>(
      `select count(*) filter (where attempts < 3)::int as marks,
         count(*) filter (where attempts >= 3)::int as refused
       from outbox where space_id = $1 and generation <= $2`,
      [space, lastGeneration],
    );
    const { marks, refused } = row!;
    return refused > REFUSED_AT_MOST ? marks + refused : marks;
  }

  async swap(tx: EntityManager, space: number, building: number): Promise<void> {
    await tx.query(
      `update index_versions set live = building, made = true, building = null, lost = false
       where space_id = $1 and building = $2`,
      [space, building],
    );
  }
}
