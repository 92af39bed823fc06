import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PlannedCalls } from './run-events-pace.js';
import type {
  RunOptions,
  RunPartitionRow,
  RunRow,
  SkippedPartition,
  StoredHold,
} from './run-row.js';
import type { AttemptRow } from './run.mapper.js';
import { ACTIVE_STATES, PRIORITY, type Trigger } from './run-state.js';

/** Runs as history: asking for one, reading them. Claiming and ending them: RunQueue. */
export interface Enqueued {
  readonly id: string;
  /** A run was active already; this is that one. */
  readonly coalesced: boolean;
  /** It was asked to stop, so it will not do what is asked now. */
  readonly stopping: boolean;
}

@Injectable()
export class RunsRepository {
  /**
   * Queues a run unless the connection has an active one; then that one is answered
   * (`coalesced`), with its priority raised to the new request's. What the run before holds stays
   * held until this one has judged it again, so this one shows it from the start.
   */
  async enqueue(
    tx: EntityManager,
    tenant: string,
    run: {
      id: string;
      connection: string;
      provider: string;
      trigger: Trigger;
      options: RunOptions;
    },
  ): Promise<Enqueued> {
    const inserted = await tx.query<{ id: string }[]>(
      `insert into runs (id, tenant_id, connection_id, provider, trigger, priority, options,
         served_at, held_deletions)
       values ($1, $2, $3, $4, $5, $6, $7,
         (select last_served_at from connections where id = $3),
         (select held_deletions from runs where connection_id = $3
          order by created_at desc, id limit 1))
       on conflict (connection_id) where state in ('queued', 'running', 'waiting') do nothing
       returning id`,
      [
        run.id,
        tenant,
        run.connection,
        run.provider,
        run.trigger,
        PRIORITY[run.trigger],
        JSON.stringify(run.options),
      ],
    );
    if (inserted[0]) return { id: inserted[0].id, coalesced: false, stopping: false };
    // A run that has not begun yet does what everybody asked for.
    const [active] = await tx.query<[{ id: string; stopping: boolean }[], number]>(
      `update runs set priority = greatest(priority, $3),
         options = case when started_at is not null then options
           else jsonb_strip_nulls(jsonb_build_object(
             'full', nullif(coalesce((options ->> 'full')::boolean, false)
               or coalesce(($5::jsonb ->> 'full')::boolean, false), false),
             'partition', case when options ->> 'partition' = $5::jsonb ->> 'partition'
               then options ->> 'partition' end)) end
       where tenant_id = $1 and connection_id = $2 and state = any($4::text[])
       returning id, cancel_requested as stopping`,
      [tenant, run.connection, PRIORITY[run.trigger], ACTIVE_STATES, JSON.stringify(run.options)],
    );
    // The active run may have ended between the two statements; then the slot is free again.
    return active[0] ? { ...active[0], coalesced: true } : this.enqueue(tx, tenant, run);
  }

  async find(tx: EntityManager, tenant: string, id: string): Promise<RunRow | undefined> {
    const rows = await tx.query<RunRow[]>(`select * from runs where tenant_id = $1 and id = $2`, [
      tenant,
      id,
    ]);
    return rows[0];
  }

  /**
   * What the latest plan of a connection says about calls, seen from one of its runs; null when
   * there is none, or when a later run has read everything once.
   */
  async plannedCalls(
    tx: EntityManager,
    tenant: string,
    connection: string,
    run: string,
  ): Promise<PlannedCalls | null> {
    const rows = await tx.query<{ calls: number; seconds: number | null; offset: number }[]>(
      `select (p.body ->> 'calls')::int as calls, (p.body ->> 'seconds')::float as seconds,
         (coalesce((select sum((r.counts ->> 'api_calls')::int) from runs r
            where r.connection_id = p.connection_id and r.id <> $3
              and r.created_at > p.created_at), 0)
          - case when p.body ->> 'run' = $3::text then (p.body ->> 'run_calls')::int else 0 end
         )::int as "offset"
       from connection_plans p join connections c on c.id = p.connection_id
       where c.tenant_id = $1 and p.connection_id = $2 and p.kind = 'backfill'
         and (p.body ->> 'calls') is not null
         and not exists (select from runs r where r.connection_id = p.connection_id
           and r.state = 'success' and r.finished_at > p.created_at)
       order by p.created_at desc limit 1`,
      [tenant, connection, run],
    );
    return rows[0] ?? null;
  }

  async list(
    tx: EntityManager,
    tenant: string,
    connection: string,
    limit: number,
  ): Promise<RunRow[]> {
    return tx.query<RunRow[]>(
      `select * from runs where tenant_id = $1 and connection_id = $2
       order by created_at desc, id limit $3`,
      [tenant, connection, limit],
    );
  }

  async partitions(tx: EntityManager, tenant: string, run: string): Promise<RunPartitionRow[]> {
    return tx.query<RunPartitionRow[]>(
      `select p.partition_key, p.lane, p.title, p.started, p.finished, p.complete, p.gap_reason,
         p.counts
       from run_partitions p join runs r on r.id = p.run_id
       where r.tenant_id = $1 and p.run_id = $2 order by p.partition_key, p.lane`,
      [tenant, run],
    );
  }

  async skippedPartitions(
    tx: EntityManager,
    tenant: string,
    run: string,
  ): Promise<SkippedPartition[]> {
    return tx.query<SkippedPartition[]>(
      `select p.partition_key as key, p.title, p.reason
       from run_skipped_partitions p join runs r on r.id = p.run_id
       where r.tenant_id = $1 and p.run_id = $2 order by p.title, p.partition_key`,
      [tenant, run],
    );
  }

  async attempts(tx: EntityManager, tenant: string, run: string): Promise<AttemptRow[]> {
    return tx.query<AttemptRow[]>(
      `select a.attempt, a.lease_owner, a.started_at, a.ended_at, a.outcome, a.error
       from run_attempts a join runs r on r.id = a.run_id
       where r.tenant_id = $1 and a.run_id = $2 order by a.attempt`,
      [tenant, run],
    );
  }

  /** Asks a run to stop: one that is not running ends at once, a running one at its next page. */
  async requestCancel(tx: EntityManager, tenant: string, id: string): Promise<boolean> {
    const [, affected] = await tx.query<[unknown[], number]>(
      `update runs set cancel_requested = true,
         state = case when state = 'running' then state else 'cancelled' end,
         finished_at = case when state = 'running' then finished_at else now() end,
         waiting = null, updated_at = now()
       where tenant_id = $1 and id = $2 and state = any($3::text[])`,
      [tenant, id, ACTIVE_STATES],
    );
    return affected > 0;
  }

  /** Asks the active run of a connection, if any, to stop; answers its id. */
  async cancelActive(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<string | undefined> {
    const rows = await tx.query<{ id: string }[]>(
      `select id from runs
       where tenant_id = $1 and connection_id = $2 and state = any($3::text[])`,
      [tenant, connection, ACTIVE_STATES],
    );
    const id = rows[0]?.id;
    if (id !== undefined) await this.requestCancel(tx, tenant, id);
    return id;
  }

  /** What the latest run holds, locked against a run that judges it again. */
  async held(tx: EntityManager, tenant: string, connection: string): Promise<StoredHold | null> {
    const rows = await tx.query<{ held: StoredHold | null }[]>(
      `select held_deletions as held from runs where tenant_id = $1 and connection_id = $2
       order by created_at desc, id limit 1 for update`,
      [tenant, connection],
    );
    return rows[0]?.held ?? null;
  }

  async clearHeld(tx: EntityManager, tenant: string, connection: string): Promise<void> {
    await tx.query(
      `update runs set held_deletions = null
       where tenant_id = $1 and connection_id = $2 and held_deletions is not null`,
      [tenant, connection],
    );
  }
}
