import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { Database } from '../database/database.js';
import { runPrepared } from '../database/prepared-statement.js';
import {
  DUE,
  QUEUE_ORDER,
  QUEUE_RANK,
  RANK_AT_THE_END,
  withinCaps,
  type RunCaps,
} from './queue-order.js';
import { reapRuns, SINCE_PROGRESS, type ReapedRun } from './run-reaping.js';
import type { ErrorDetail, HeldDeletions, RunProgress, RunRow, Wait } from './run-row.js';
import { sourcesOf, type RunState } from './run-state.js';

export const LEASE_SECONDS = 6;

/** The attempt only gave its slot to others and goes on now. */
const YIELDED = `exists (select from run_attempts a
  where a.run_id = runs.id and a.attempt = runs.attempt and a.outcome = 'yielded')`;

/** Raised when another worker owns the run now: everything uncommitted is dropped. */
export class LeaseLost extends Error {
  constructor(run: string) {
    super(`the lease of run ${run} was lost`);
    this.name = 'LeaseLost';
  }
}

/** What a run has done so far, as a commit stores it. */
export interface RunReport {
  readonly counts: object;
  readonly timings: object;
  readonly progress: RunProgress;
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
  private readonly caps: RunCaps;

  constructor(
    private readonly database: Database,
    private readonly background: BackgroundDatabase,
    @Inject(CONFIG) config: Pick<Config, 'maxRuns'>,
  ) {
    this.caps = config.maxRuns;
  }

  /**
   * Takes the next run that is due, if any (src/runs/queue-order.ts), as long as its tenant and its
   * provider have fewer at work than they may; all who claim count one after the other.
   */
  async claim(owner: string, token: string): Promise<ClaimedRun | undefined> {
    return this.background.asSystem(async (tx) => {
      if (!(await isAnyDue(tx))) return undefined;
      await tx.query(`select pg_advisory_xact_lock(hashtext('tributary:claim'))`);
      const [rows] = await tx.query<[ClaimedRun[], number]>(
        `update runs set state = 'running', lease_token = $1, lease_owner = $2,
           lease_until = now() + make_interval(secs => $3), waiting = null,
           attempt = attempt + case when ${YIELDED} then 0 else 1 end,
           started_at = coalesce(started_at, now()), updated_at = now()
         where id = (select r.id from runs r where ${DUE} and ${withinCaps('$4', '$5')}
                     order by ${QUEUE_ORDER} for update skip locked limit 1)
         returning runs.*`,
        [token, owner, LEASE_SECONDS, this.caps.perTenant, this.caps.perProvider],
      );
      const run = rows[0];
      if (!run) return undefined;
      await tx.query(
        `insert into run_attempts (run_id, attempt, lease_owner) values ($1, $2, $3)
         on conflict (run_id, attempt) do update set lease_owner = excluded.lease_owner,
           ended_at = null, outcome = null, slices = run_attempts.slices + 1`,
        [run.id, run.attempt, owner],
      );
      return run;
    });
  }

  /**
   * How many runs, up to `most`, would be claimed before this one if it gave its slot up now. Those
   * that came within the last second do not count: a free slot elsewhere takes them.
   */
  async othersWaiting(run: ClaimedRun, most: number): Promise<number> {
    return this.background.asSystem(async (tx) => {
      const rows = await tx.query<{ n: number }[]>(
        `select count(*)::int as n from (
           select from runs r where ${DUE} and r.run_at <= now() - interval '1 second'
             and ${QUEUE_RANK} <= (select ${RANK_AT_THE_END} from runs r where r.id = $1)
             and ${withinCaps('$2', '$3', '$1')} limit $4) others`,
        [run.id, this.caps.perTenant, this.caps.perProvider, most],
      );
      return rows[0]!.n;
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

  /**
   * In each commit, first or once its turn has come: locks the run's row against a takeover.
   * @param report what the run will have done with this commit, if that gets it ahead; stored by
   *   the same statement
   * @throws LeaseLost
   */
  async fence(tx: EntityManager, run: ClaimedRun, report?: RunReport): Promise<void> {
    const owned = [run.id, run.lease_token];
    const rows = report
      ? await runPrepared(
          tx,
          `update runs set counts = $3, timings = $4, progress = $5, updated_at = now(),
             progressed_at = now()
           where id = $1 and lease_token = $2 and state = 'running' returning id`,
          [...owned, ...toJson(report)],
        )
      : await runPrepared(
          tx,
          `select 1 from runs where id = $1 and lease_token = $2 and state = 'running' for update`,
          owned,
        );
    if (rows.length === 0) throw new LeaseLost(run.id);
  }

  /** Counts, timings and progress at the end of an attempt. */
  async report(tx: EntityManager, run: ClaimedRun, report: RunReport): Promise<void> {
    await tx.query(
      `update runs set counts = $3, timings = $4, progress = $5, updated_at = now()
       where id = $1 and lease_token = $2`,
      [run.id, run.lease_token, ...toJson(report)],
    );
  }

  /**
   * Deletions that wait for a person; null when there are none (any more). As long as there are
   * some, the time since when stays that of the first ones.
   */
  async hold(tx: EntityManager, run: ClaimedRun, held: HeldDeletions | null): Promise<void> {
    await tx.query(
      `update runs set held_deletions = $3::jsonb || jsonb_build_object(
         'since', coalesce(held_deletions ->> 'since', $3::jsonb ->> 'since'))
       where id = $1 and lease_token = $2`,
      [run.id, run.lease_token, held && JSON.stringify(held)],
    );
  }

  /** From now until `hold`, nobody can settle what is held: some of it is not decided. */
  async judge(tx: EntityManager, run: ClaimedRun): Promise<void> {
    await tx.query(
      `update runs set held_deletions = held_deletions || '{"judging": true}'
       where id = $1 and lease_token = $2 and held_deletions is not null`,
      [run.id, run.lease_token],
    );
  }

  /** How many attempts in a row, with the current one, have not got the run ahead. */
  async attemptsWithoutProgress(tx: EntityManager, run: ClaimedRun): Promise<number> {
    const rows = await tx.query<{ n: number }[]>(
      `select count(*)::int as n from run_attempts where run_id = $1 and ${SINCE_PROGRESS}`,
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
      /** Goes to the end of the queue; otherwise one that is queued keeps its place. */
      toTheEnd?: boolean;
      attemptOutcome: string;
    },
  ): Promise<void> {
    const { error, waiting, toTheEnd } = outcome;
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
         error = $6, error_detail = $8, served_at = now(), updated_at = now()
       where id = $1 and lease_token = $2 and state = any($9::text[]) returning state`,
      [
        run.id,
        run.lease_token,
        to,
        waiting?.reason ?? null,
        waiting?.seconds ?? (toTheEnd ? 0 : null),
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
    // Whoever changes the connection now may hold it for long, or wait for this very run.
    await tx.query(
      `update connections set last_served_at = now() where id =
         (select id from connections where id = $1 for update skip locked)`,
      [run.connection_id],
    );
  }

  /**
   * Gives runs of dead workers back to the queue, or gives them up.
   * @param alive lease tokens of workers that are known to live, however late they are
   */
  reap(tx: EntityManager, alive: readonly string[] = []): Promise<ReapedRun[]> {
    return reapRuns(tx, `lease_until < now() and lease_token <> all($1::uuid[])`, [alive]);
  }

  /** Embedded mode has one process, so at its start nothing can be running any more. */
  reapAll(tx: EntityManager): Promise<ReapedRun[]> {
    return reapRuns(tx, `true`);
  }
}

function toJson({ counts, timings, progress }: RunReport): string[] {
  return [counts, timings, progress].map((part) => JSON.stringify(part));
}

/** Spares idle workers the wait for each other. In the queue's order, so that its index serves. */
async function isAnyDue(tx: EntityManager): Promise<boolean> {
  const due = await tx.query<unknown[]>(
    `select from runs r where ${DUE} order by ${QUEUE_ORDER} limit 1`,
  );
  return due.length > 0;
}
