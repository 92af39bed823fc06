import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { BackgroundDatabase } from '../database/background-database.js';
import { Database } from '../database/database.js';
import { runPrepared } from '../database/prepared-statement.js';
import type { ErrorDetail, HeldDeletions, RunProgress, RunRow, Wait } from './run-row.js';
import { sourcesOf, type RunState } from './run-state.js';

export const LEASE_SECONDS = 6;

/** Raised when another worker owns the run now: everything uncommitted is dropped. */
export class LeaseLost extends Error {
  constructor(run: string) {
    super(`the lease of run ${run} was lost`);
    this.name = 'LeaseLost';
  }
}

/** A run that this process may work on, until its lease ends. */
export interface ClaimedRun extends RunRow {
  lease_token: string;
}

/**
 * The runs table as a queue. All times are the database's, so workers' clocks do not matter; every
 * change of a running run is fenced by its lease token.
 */
@Injectable()
export class RunQueue {
  constructor(
    private readonly database: Database,
    private readonly background: BackgroundDatabase,
  ) {}

  /** Takes the next run that is due, if any: highest priority first, then longest waiting. */
  async claim(owner: string, token: string): Promise<ClaimedRun | undefined> {
    return this.background.asSystem(async (tx) => {
      const [rows] = await tx.query<[ClaimedRun[], number]>(
        `update runs r set state = 'running', lease_token = $1, lease_owner = $2,
           lease_until = now() + make_interval(secs => $3), attempt = attempt + 1, waiting = null,
           started_at = coalesce(started_at, now()), updated_at = now()
         from (select id from runs where state in ('queued', 'waiting') and run_at <= now()
               order by priority desc, run_at, id for update skip locked limit 1) next
         where r.id = next.id returning r.*`,
        [token, owner, LEASE_SECONDS],
      );
      const run = rows[0];
      if (!run) return undefined;
      await tx.query(
        `insert into run_attempts (run_id, attempt, lease_owner) values ($1, $2, $3)`,
        [run.id, run.attempt, owner],
      );
      return run;
    });
  }

  /** Extends the lease. @throws LeaseLost */
  async heartbeat(run: ClaimedRun): Promise<{ cancelRequested: boolean }> {
    return this.database.asSystem(async (tx) => {
      const [rows] = await tx.query<[{ cancel_requested: boolean }[], number]>(
        `update runs set lease_until = now() + make_interval(secs => $3)
         where id = $1 and lease_token = $2 and state = 'running' returning cancel_requested`,
        [run.id, run.lease_token, LEASE_SECONDS],
      );
      if (!rows[0]) throw new LeaseLost(run.id);
      return { cancelRequested: rows[0].cancel_requested };
    });
  }

  /** First statement of each commit: locks the run's row against a takeover. @throws LeaseLost */
  async fence(tx: EntityManager, run: ClaimedRun): Promise<void> {
    const rows = await runPrepared(
      tx,
      `select 1 from runs where id = $1 and lease_token = $2 and state = 'running' for update`,
      [run.id, run.lease_token],
    );
    if (rows.length === 0) throw new LeaseLost(run.id);
  }

  /** Counts, timings and progress, with a page's commit or between pages. */
  async report(
    tx: EntityManager,
    run: ClaimedRun,
    state: { counts: object; timings: object; progress: RunProgress },
  ): Promise<void> {
    await tx.query(
      `update runs set counts = $3, timings = $4, progress = $5, updated_at = now()
       where id = $1 and lease_token = $2`,
      [
        run.id,
        run.lease_token,
        JSON.stringify(state.counts),
        JSON.stringify(state.timings),
        JSON.stringify(state.progress),
      ],
    );
  }

  /** Deletions that wait for a person; null when there are none (any more). */
  async hold(tx: EntityManager, run: ClaimedRun, held: HeldDeletions | null): Promise<void> {
    await tx.query(`update runs set held_deletions = $3 where id = $1 and lease_token = $2`, [
      run.id,
      run.lease_token,
      held && JSON.stringify(held),
    ]);
  }

  /** How many attempts in a row, with the current one, have not brought a single page. */
  async attemptsWithoutProgress(tx: EntityManager, run: ClaimedRun): Promise<number> {
    const rows = await tx.query<{ n: number }[]>(
      `select count(*)::int as n from run_attempts where run_id = $1 and started_at >
         coalesce((select max(updated_at) from run_partitions where run_id = $1), '-infinity')`,
      [run.id],
    );
    return rows[0]!.n;
  }

  /**
   * Ends the run or gives it back (`queued`, `waiting`), in the caller's transaction. A run that
   * was asked to stop meanwhile is not given back but cancelled.
   * @throws LeaseLost
   */
  async release(
    tx: EntityManager,
    run: ClaimedRun,
    to: Exclude<RunState, 'running'>,
    outcome: {
      error?: ErrorDetail;
      waiting?: Wait;
      attemptOutcome: string;
    },
  ): Promise<void> {
    const { error, waiting } = outcome;
    const goesOn = to === 'queued' || to === 'waiting';
    const [rows] = await tx.query<[{ state: RunState }[], number]>(
      `update runs set lease_token = null, lease_until = null, lease_owner = null,
         state = case when $7 and cancel_requested then 'cancelled' else $3 end,
         finished_at = case when $7 and not cancel_requested then null else now() end,
         waiting = case when $4::text is not null and not cancel_requested
           then jsonb_build_object('reason', $4::text, 'until', to_char(
             (now() + make_interval(secs => $5)) at time zone 'utc',
             'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end,
         run_at = coalesce(now() + make_interval(secs => $5), run_at),
         error = $6, error_detail = $8, updated_at = now()
       where id = $1 and lease_token = $2 and state = any($9::text[]) returning state`,
      [
        run.id,
        run.lease_token,
        to,
        waiting?.reason ?? null,
        waiting?.seconds ?? null,
        error?.message ?? null,
        goesOn,
        error ? JSON.stringify(error) : null,
        sourcesOf(to),
      ],
    );
    if (!rows[0]) throw new LeaseLost(run.id);
    const ended = rows[0].state === to ? outcome.attemptOutcome : rows[0].state;
    await tx.query(
      `update run_attempts set ended_at = now(), outcome = $3, error = $4
       where run_id = $1 and attempt = $2`,
      [run.id, run.attempt, ended, error?.message ?? null],
    );
  }

  /** Gives runs of dead workers back to the queue; answers how many. */
  async reap(): Promise<number> {
    return this.background.asSystem((tx) => requeue(tx, `lease_until < now()`));
  }

  /** Embedded mode has one process, so at its start nothing can be running any more. */
  async requeueAll(): Promise<number> {
    return this.background.asSystem((tx) => requeue(tx, `true`));
  }
}

async function requeue(tx: EntityManager, condition: string): Promise<number> {
  const [rows] = await tx.query<[{ id: string; attempt: number }[], number]>(
    `update runs set state = case when cancel_requested then 'cancelled' else 'queued' end,
       finished_at = case when cancel_requested then now() end,
       lease_token = null, lease_until = null, lease_owner = null, updated_at = now()
     where state = 'running' and ${condition} returning id, attempt`,
  );
  for (const { id, attempt } of rows) {
    await tx.query(
      `update run_attempts set ended_at = now(), outcome = 'interrupted'
       where run_id = $1 and attempt = $2`,
      [id, attempt],
    );
  }
  return rows.length;
}
