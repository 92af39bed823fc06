import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DUE } from '../runs/queue-order.js';
import { sampleOf, shareOf, type Sample } from './sampled.js';

/** As the database answers it; ages in seconds. */
export interface FleetRow {
  readonly tenants: number;
  readonly runs: readonly { provider: string; state: string; n: number }[];
  readonly oldest_queued: number | null;
  readonly connections: readonly { provider: string; status: string; n: number }[];
  readonly lag: readonly { provider: string; max: number; median: number; late: number }[];
  readonly outbox: number;
  readonly oldest_mark: number | null;
  readonly mark_error: string | null;
  readonly documents: number;
  readonly documents_share: number;
  readonly memories: number;
  readonly memories_share: number;
}

/** More marks than these are not counted, which keeps the question cheap when it matters most. */
export const MOST_MARKS = 100_000;

/** All tenants at once, in one statement: system transactions only. */
@Injectable()
export class FleetRepository {
  async read(tx: EntityManager, sample: Sample): Promise<FleetRow> {
    const rows = await tx.query<FleetRow[]>(
      `select
         (select count(*)::int from tenants) as tenants,
         (select coalesce(jsonb_agg(r), '[]') from (
            select provider, state, count(*)::int as n from runs
            where state in ('queued', 'running', 'waiting') group by 1, 2 order by 1, 2) r) as runs,
         (select extract(epoch from now() - min(r.run_at))::float8 from runs r
          where ${DUE}) as oldest_queued,
         (select coalesce(jsonb_agg(c), '[]') from (
            select provider, status, count(*)::int as n
            from connections group by 1, 2 order by 1, 2) c) as connections,
         (select coalesce(jsonb_agg(l), '[]') from (
            select provider, max(lag)::float8 as max,
              (percentile_cont(0.5) within group (order by lag))::float8 as median,
              (count(*) filter (where lag > 2 * interval))::int as late
            from (
              select provider,
                greatest(0, extract(epoch from now() - coalesce(last_success_at, created_at))) as lag,
                (schedule->>'every_minutes')::int * 60 as interval
              from connections where status = 'active' and schedule is not null) scheduled
            group by 1 order by 1) l) as lag,
         (select count(*)::int from (select from outbox limit ${MOST_MARKS}) m) as outbox,
         (select extract(epoch from now() - min(created_at))::float8
          from (select created_at from outbox order by generation limit 1000) m) as oldest_mark,
         (select error from (select error, due_at from outbox limit ${MOST_MARKS}) m
          where error is not null order by due_at limit 1) as mark_error,
         (select count(*)::int from documents ${sampleOf('documents', sample)}
          where state in ('live', 'suspect')) as documents,
         ${shareOf('documents', sample)} as documents_share,
         (select count(*)::int from memories ${sampleOf('memories', sample)}
          where visible) as memories,
         ${shareOf('memories', sample)} as memories_share`,
    );
    return rows[0]!;
  }
}
