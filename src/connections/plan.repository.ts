import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** What is known of a partition beside the source's word. */
export interface KnownPartition {
  readonly key: string;
  /** In the index. */
  readonly documents: number;
  readonly expected: number | null;
  readonly complete: boolean;
}

export interface StoredPlan {
  readonly id: string;
  readonly body: Record<string, unknown>;
}

/** Runs that are looked at for the state of a partition: older ones say little about now. */
const RECENT_RUNS = 20;

@Injectable()
export class PlanRepository {
  async partitions(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<KnownPartition[]> {
    return tx.query<KnownPartition[]>(
      `with recent as (
         select id, created_at from runs where tenant_id = $1 and connection_id = $2
         order by created_at desc limit ${RECENT_RUNS}
       ), latest as (
         select distinct on (p.partition_key, p.lane) p.partition_key, p.complete,
           (p.counts ->> 'expected')::int as expected
         from run_partitions p join recent r on r.id = p.run_id
         order by p.partition_key, p.lane, r.created_at desc
       ), lanes as (
         select partition_key, bool_and(complete) as complete, max(expected) as expected
         from latest group by partition_key
       ), stored as (
         select partition_key, count(*)::int as documents from documents
         where tenant_id = $1 and connection_id = $2 and state in ('pending', 'live', 'suspect')
         group by partition_key
       )
       select coalesce(l.partition_key, s.partition_key) as key,
         coalesce(s.documents, 0) as documents, l.expected, coalesce(l.complete, false) as complete
       from lanes l full join stored s on s.partition_key = l.partition_key`,
      [tenant, connection],
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
