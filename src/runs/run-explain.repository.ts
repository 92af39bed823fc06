import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BudgetState } from '../../connectors/sdk/budget-state.js';
import { DUE, QUEUE_RANK } from './queue-order.js';
import type { Gap, LastCall, QueueFacts, RunFacts } from './run-explain-facts.js';
import type { RunRow } from './run-row.js';

export type StoredBudget = BudgetState & { readonly method: string; readonly now: number };

/** What surrounds a run: queue, budgets, gaps. All times are the database's. */
@Injectable()
export class RunExplainRepository {
  async run(
    tx: EntityManager,
    tenant: string,
    id: string,
  ): Promise<(Pick<RunFacts, 'run' | 'connection'> & { now: Date }) | undefined> {
    const rows = await tx.query<(RunFacts['run'] & { now: Date; connection: string })[]>(
      `select r.*, now() as now, json_build_object('id', c.id, 'name', c.name,
         'account_id', c.account_id, 'status', c.status, 'status_reason', c.status_reason)
         as connection
       from runs r join connections c on c.id = r.connection_id
       where r.tenant_id = $1 and r.id = $2`,
      [tenant, id],
    );
    const [row] = rows;
    if (!row) return undefined;
    const { now, connection, ...run } = row;
    return { run, now, connection: connection as unknown as RunFacts['connection'] };
  }

  /** What was not listed to its end by a run. */
  async gaps(tx: EntityManager, run: string): Promise<Gap[]> {
    return tx.query<Gap[]>(
      `select coalesce(nullif(title, ''), partition_key) as title, lane, gap_reason as reason
       from run_partitions where run_id = $1 and finished and gap_reason is not null
       order by partition_key, lane limit 100`,
      [run],
    );
  }

  async openFailures(tx: EntityManager, connection: string): Promise<number> {
    const rows = await tx.query<{ n: number }[]>(
      `select count(*)::int as n from failures where connection_id = $1 and resolved_at is null`,
      [connection],
    );
    return rows[0]!.n;
  }

  /** What stands before a run in the queue, and how many are at work. */
  async queue(tx: EntityManager, run: RunRow): Promise<Omit<QueueFacts, 'caps_reached'>> {
    const place = `${QUEUE_RANK}, coalesce(r.served_at, '-infinity'), r.run_at, r.id`;
    const rows = await tx.query<Omit<QueueFacts, 'caps_reached'>[]>(
      `select count(*) filter (where ${DUE} and (${place})
           < (select ${place} from runs r where r.id = $1))::int as ahead,
         count(*) filter (where r.state = 'running')::int as running,
         count(*) filter (where r.state = 'running' and r.tenant_id = $2)::int
           as running_of_tenant,
         count(*) filter (where r.state = 'running' and r.provider = $3)::int
           as running_of_provider
       from runs r where r.state in ('queued', 'waiting', 'running')`,
      [run.id, run.tenant_id, run.provider],
    );
    return rows[0]!;
  }

  /** The budgets that the calls of an account have met a limit of. */
  async budgets(tx: EntityManager, scope: string): Promise<StoredBudget[]> {
    return tx.query<StoredBudget[]>(
      `select method, per_second as "perSecond", ceiling, tokens, burst, pause_seconds as pause,
         calls, settled, ${epoch('updated_at')} as "updatedAt",
         ${epoch('blocked_until')} as "blockedUntil", ${epoch('refused_at')} as "refusedAt",
         ${epoch('measured_from')} as "measuredFrom", ${epoch('grows_from')} as "growsFrom",
         ${epoch('now()')} as now
       from rate_buckets where scope = $1 order by method limit 100`,
      [scope],
    );
  }

  /** The last call that a run has made. */
  async lastCall(tx: EntityManager, run: string): Promise<LastCall | null> {
    const rows = await tx.query<LastCall[]>(
      `select method, target, outcome, status, error, at from run_requests
       where run_id = $1 order by number desc limit 1`,
      [run],
    );
    return rows[0] ?? null;
  }
}

function epoch(column: string): string {
  return `extract(epoch from ${column})::float8`;
}
