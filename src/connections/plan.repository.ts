import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { StoredRange } from '../sync/engine/proven-ranges.js';
import { readWhole, type LedgerLanes } from './ledger-lanes.js';

/** What is known of a partition beside the source's word. */
export interface KnownPartition {
  readonly key: string;
  /** In the index. */
  readonly documents: number;
  readonly expected: number | null;
  readonly complete: boolean;
  /** Times of creation in which everything was listed; they may overlap. */
  readonly ranges: readonly StoredRange[];
}

export interface StoredPlan {
  readonly id: string;
  readonly body: Record<string, unknown>;
}

/** Runs that are looked at for the state of a partition: older ones say little about now. */
const RECENT_RUNS = 20;

@Injectable()
export class PlanRepository {
  /**
   * What was listed once is not left to read while a later run lists it again; a listing with a
   * gap, and a run that reads everything again, count over what was before them.
   */
  async partitions(
    tx: EntityManager,
    tenant: string,
    connection: string,
    { count, sweeps }: LedgerLanes,
  ): Promise<KnownPartition[]> {
    return tx.query<KnownPartition[]>(
      `with recent as (
         select id, created_at, options ->> 'partition' as only,
           started_at is not null and coalesce((options ->> 'full')::boolean, false) as is_full
         from runs where tenant_id = $1 and connection_id = $2
         order by created_at desc limit ${RECENT_RUNS}
       ), valid as (
         select p.partition_key, p.lane, p.finished, p.complete, p.gap_reason, p.ranges,
           (p.counts ->> 'expected')::int as expected, r.created_at
         from run_partitions p join recent r on r.id = p.run_id
         where not exists (select from recent f where f.is_full and f.created_at > r.created_at
           and (f.only is null or f.only = p.partition_key))
       ), latest as (
         select distinct on (partition_key, lane) * from valid
         order by partition_key, lane, finished desc, created_at desc
       ), listed as (
         select v.partition_key, jsonb_agg(e.range) as ranges
         from valid v, jsonb_array_elements(v.ranges) as e(range) group by v.partition_key
       ), lanes as (
         select p.partition_key, ${readWhole('$3', '$4')} as complete, max(p.expected) as expected
         from latest p group by p.partition_key
       ), stored as (
         select partition_key, count(*)::int as documents from documents
         where tenant_id = $1 and connection_id = $2 and state in ('pending', 'live', 'suspect')
         group by partition_key
       )
       select coalesce(l.partition_key, s.partition_key) as key,
         coalesce(s.documents, 0) as documents, l.expected, coalesce(l.complete, false) as complete,
         coalesce(r.ranges, '[]') as ranges
       from lanes l full join stored s on s.partition_key = l.partition_key
         left join listed r on r.partition_key = l.partition_key`,
      [tenant, connection, sweeps, count],
    );
  }

  async apiCalls(tx: EntityManager, tenant: string, connection: string): Promise<number> {
    const rows = await tx.query<{ n: number }[]>(
      `select coalesce(sum((counts ->> 'api_calls')::int), 0)::int as n from runs
       where tenant_id = $1 and connection_id = $2`,
      [tenant, connection],
    );
    return rows[0]!.n;
  }

  /** The run that is under way, with the calls that it has made. */
  async activeRun(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<{ id: string; state: string; calls: number } | undefined> {
    const rows = await tx.query<{ id: string; state: string; calls: number }[]>(
      `select id, state, coalesce((counts ->> 'api_calls')::int, 0) as calls from runs
       where tenant_id = $1 and connection_id = $2 and state in ('queued', 'running', 'waiting')`,
      [tenant, connection],
    );
    return rows[0];
  }

  async save(
    tx: EntityManager,
    plan: { id: string; connection: string; kind: 'backfill' | 'scope'; body: object; at: Date },
  ): Promise<void> {
    await tx.query(
      `insert into connection_plans (id, connection_id, kind, body, created_at)
       values ($1, $2, $3, $4, $5)`,
      [plan.id, plan.connection, plan.kind, JSON.stringify(plan.body), plan.at],
    );
  }

  async find(
    tx: EntityManager,
    tenant: string,
    plan: { id: string; connection: string; kind: 'backfill' | 'scope'; since: Date },
  ): Promise<StoredPlan | undefined> {
    const rows = await tx.query<StoredPlan[]>(
      `select p.id, p.body from connection_plans p join connections c on c.id = p.connection_id
       where c.tenant_id = $1 and p.id = $2 and p.connection_id = $3 and p.kind = $4
         and p.created_at > $5`,
      [tenant, plan.id, plan.connection, plan.kind, plan.since],
    );
    return rows[0];
  }
}
