import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { IndexState } from './index-admin.schema.js';

/** Marks beyond this are not counted. */
const MOST_MARKS = 100_000;
const SHOWN_ERRORS = 20;

export interface SpaceRow {
  readonly id: number;
  readonly model: string;
  readonly dimensions: number;
  readonly marks: number;
}

@Injectable()
export class IndexStateRepository {
  /** Every space, with the marks that are left in it. */
  spaces(tx: EntityManager): Promise<SpaceRow[]> {
    return tx.query(
      `select s.id, s.model, s.dimensions, coalesce(o.marks, 0)::int as marks
       from embedding_spaces s left join (
         select space_id, count(*) as marks from (
           select space_id from outbox limit ${MOST_MARKS}) as first group by space_id) o
         on o.space_id = s.id order by s.id`,
    );
  }

  async outbox(tx: EntityManager): Promise<IndexState['outbox']> {
    const [counts] = await tx.query<{ marks: number; refused: number; oldest: number | null }[]>(
      `select count(*)::int as marks, (count(*) filter (where attempts > 0))::int as refused,
         extract(epoch from now() - min(created_at))::float8 as oldest
       from (select attempts, created_at from outbox order by generation limit ${MOST_MARKS}) as first`,
    );
    const errors = await tx.query<IndexState['outbox']['errors']>(
      `select memory_id, space_id, attempts, error from outbox where error is not null
       order by generation limit ${SHOWN_ERRORS}`,
    );
    const { marks, refused, oldest } = counts!;
    return { marks, refused, oldest_seconds: oldest, errors };
  }
}
