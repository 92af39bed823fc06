import type { EntityManager } from 'typeorm';
import type { ErrorDetail } from './run-row.js';

/**
 * Workers that die of a run, one after the other and without any progress, before it ends. So many
 * that restarts in quick succession do not end it: at five, 30 kills within two minutes on a busy
 * machine did so three times.
 */
export const MAX_CRASHES = 10;

/** SQL over `run_attempts`: begun since the run last got ahead. */
export const SINCE_PROGRESS = `run_attempts.started_at >
  coalesce((select progressed_at from runs where id = run_attempts.run_id), '-infinity')`;

const DIED = 'The worker died or stopped answering.';

/** A run whose worker is gone, and what became of it. */
export interface ReapedRun {
  readonly id: string;
  readonly tenant: string;
  readonly connection: string;
  readonly to: 'queued' | 'cancelled' | 'error';
  /** Set when the run was given up. */
  readonly error: ErrorDetail | null;
}

interface DeadRun {
  id: string;
  tenant_id: string;
  connection_id: string;
  attempt: number;
  cancel_requested: boolean;
}

/**
 * Gives runs back whose workers are gone. One that has cost so many workers in a row without
 * getting ahead would cost the next one as well: it ends.
 * @param condition SQL over `runs`: which of the running ones
 */
export async function reapRuns(
  tx: EntityManager,
  condition: string,
  parameters: readonly unknown[] = [],
): Promise<ReapedRun[]> {
  const dead = await tx.query<DeadRun[]>(
    `select id, tenant_id, connection_id, attempt, cancel_requested from runs
     where state = 'running' and ${condition} order by id for update skip locked`,
    [...parameters],
  );
  const reaped: ReapedRun[] = [];
  for (const run of dead) reaped.push(await reap(tx, run));
  return reaped;
}

async function reap(tx: EntityManager, run: DeadRun): Promise<ReapedRun> {
  await tx.query(
    `update run_attempts set ended_at = now(), outcome = 'interrupted', crashed = true, error = $3
     where run_id = $1 and attempt = $2`,
    [run.id, run.attempt, DIED],
  );
  const [crashes] = await tx.query<{ n: number }[]>(
    `select count(*)::int as n from run_attempts
     where run_id = $1 and crashed and ${SINCE_PROGRESS}`,
    [run.id],
  );
  const givenUp = crashes!.n >= MAX_CRASHES;
  const to = run.cancel_requested ? 'cancelled' : givenUp ? 'error' : 'queued';
  const error =
    to === 'error'
      ? {
          code: 'worker_crashed_repeatedly',
          message: `${crashes!.n} workers in a row died during this run without getting ahead.`,
          retryable: true,
        }
      : null;
  await tx.query(
    `update runs set state = $2, lease_token = null, lease_until = null, lease_owner = null,
       finished_at = case when $2 <> 'queued' then now() end, served_at = now(),
       error = $3, error_detail = $4, updated_at = now()
     where id = $1`,
    [run.id, to, error?.message ?? null, error && JSON.stringify(error)],
  );
  return { id: run.id, tenant: run.tenant_id, connection: run.connection_id, to, error };
}
