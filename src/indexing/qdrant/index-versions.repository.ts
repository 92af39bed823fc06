import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import {
  LEFT_BY_WORKERS_SECONDS,
  REFUSED_AFTER,
  REFUSED_AT_MOST,
} from '../outbox/outbox.repository.js';

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
  /** It has been made; from then on a missing one is a lost one. */
  readonly building_made: boolean;
  /** Memories marked for it so far, of `total`: those when it began, or more by now. */
  readonly marked: string;
  readonly total: string;
  /** Of the last mark of the rebuild; null until all are marked. */
  readonly last_generation: string | null;
  readonly started_at: Date | null;
}

const COLUMNS = `i.space_id, s.dimensions, i.live, i.made, i.lost, i.building, i.building_made,
  i.marked, i.total,
  case when i.marked_to is null then i.last_generation end as last_generation, i.started_at`;
const TABLES = `index_versions i join embedding_spaces s on s.id = i.space_id`;

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
   *   not know of; `gone`: the number of its own collection
   */
  async begin(
    tx: EntityManager,
    space: number,
    { gone = null, above }: { gone?: number | null; above: number },
  ): Promise<void> {
    await tx.query(
      `update index_versions set building = greatest(live, coalesce(building, 0), $3::int) + 1,
         building_made = false, started_at = now(), marked = 0, last_generation = null,
         marked_to = '00000000-0000-0000-0000-000000000000',
         total = (select count(*) from point_vectors where space_id = $1)
       where space_id = $1 and building is not distinct from $2::int`,
      [space, gone, above],
    );
  }

  /** What other collections refused is tried again at once: this one may take it. */
  async noteBuildingMade(tx: EntityManager, space: number, building: number): Promise<void> {
    const [, noted] = await tx.query<[unknown, number]>(
      `update index_versions set building_made = true
       where space_id = $1 and building = $2 and not building_made`,
      [space, building],
    );
    if (noted === 0) return;
    await tx.query(
      `update outbox set attempts = 0, error = null,
         due_at = case when error is null then due_at else now() end
       where space_id = $1 and (error is not null or attempts > 0)`,
      [space],
    );
  }

  /** @returns false when another collection is live by now */
  async noteLost(tx: EntityManager, space: number, live: number): Promise<boolean> {
    const [, noted] = await tx.query<[unknown, number]>(
      `update index_versions set lost = true where space_id = $1 and live = $2`,
      [space, live],
    );
    return noted > 0;
  }

  /**
   * Marks the next memories of a rebuild whose collection is made, in order of their ids. Any
   * process may take them up at once: without a worker, API processes carry a rebuild on.
   * @returns false when another process is at it or nothing is left to mark
   */
  async markNext(tx: EntityManager, space: number, limit: number): Promise<boolean> {
    const [version] = await tx.query<{ marked_to: string | null }[]>(
      `select marked_to from index_versions where space_id = $1 and building is not null
         and building_made for update skip locked`,
      [space],
    );
    if (!version || version.marked_to === null) return false;
    const [page] = await tx.query<{ last: string | null; marked: number; generation: string }[]>(
      `with page as materialized (
         select distinct on (memory_id) memory_id, collection_id from point_vectors
         where space_id = $1 and memory_id > $2 order by memory_id limit $3),
       written as (
         insert into outbox (memory_id, space_id, collection_id, generation, due_at)
         select memory_id, $1, collection_id, nextval('outbox_generation'),
           now() - make_interval(secs => ${LEFT_BY_WORKERS_SECONDS}) from page
         on conflict (memory_id, space_id) do update set generation = excluded.generation
         returning generation)
       select (select max(memory_id::text) from page) as last,
         (select count(*) from page)::int as marked,
         coalesce((select max(generation) from written), 0) as generation`,
      [space, version.marked_to, limit],
    );
    const { last, marked, generation } = page!;
    await tx.query(
      // What was added since it began is written again, too.
      `update index_versions set marked_to = $2::uuid, marked = marked + $3,
         total = greatest(total, marked + $3),
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
      `select count(*) filter (where attempts < ${REFUSED_AFTER})::int as marks,
         count(*) filter (where attempts >= ${REFUSED_AFTER})::int as refused
       from outbox where space_id = $1 and generation <= $2`,
      [space, lastGeneration],
    );
    const { marks, refused } = row!;
    return refused > REFUSED_AT_MOST ? marks + refused : marks;
  }

  /** Whether more points of a space are refused than a rebuild does without. */
  async refusesMany(tx: EntityManager, space: number): Promise<boolean> {
    const [row] = await tx.query<{ many: boolean }[]>(
      `select exists (select from outbox where space_id = $1 and attempts >= ${REFUSED_AFTER}
         offset ${REFUSED_AT_MOST}) as many`,
      [space],
    );
    return row!.many;
  }

  async swap(tx: EntityManager, space: number, building: number): Promise<void> {
    await tx.query(
      `update index_versions set live = building, made = true, building = null, lost = false
       where space_id = $1 and building = $2`,
      [space, building],
    );
  }
}
