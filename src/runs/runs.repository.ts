import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RunOptions, RunPartitionRow, RunRow } from './run-row.js';
import type { AttemptRow } from './run.mapper.js';
import { ACTIVE_STATES, PRIORITY, type Trigger } from './run-state.js';

/** Runs as history: asking for one, reading them. Claiming and ending them: RunQueue. */
@Injectable()
export class RunsRepository {
  /**
   * Queues a run unless the connection has an active one; then that one is answered
   * (`coalesced`), with its priority raised to the new request's.
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
  ): Promise<{ id: string; coalesced: boolean }> {
    const inserted = await tx.query<{ id: string }[]>(
      `insert into runs (id, tenant_id, connection_id, provider, trigger, priority, options)
       values ($1, $2, $3, $4, $5, $6, $7)
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
    if (inserted[0]) return { id: inserted[0].id, coalesced: false };
    const [active] = await tx.query<[{ id: string }[], number]>(
      `update runs set priority = greatest(priority, $3)
       where tenant_id = $1 and connection_id = $2 and state = any($4::text[]) returning id`,
      [tenant, run.connection, PRIORITY[run.trigger], ACTIVE_STATES],
    );
    // The active run may have ended between the two statements; then the slot is free again.
    return active[0] ? { id: active[0].id, coalesced: true } : this.enqueue(tx, tenant, run);
  }

  async find(tx: EntityManager, tenant: string, id: string): Promise<RunRow | undefined> {
    const rows = await tx.query<RunRow[]>(`select * from runs where tenant_id = $1 and id = $2`, [
      tenant,
      id,
    ]);
    return rows[0];
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

  async clearHeld(tx: EntityManager, tenant: string, connection: string): Promise<void> {
    await tx.query(
      `update runs set held_deletions = null
       where tenant_id = $1 and connection_id = $2 and held_deletions is not null`,
      [tenant, connection],
    );
  }
}
