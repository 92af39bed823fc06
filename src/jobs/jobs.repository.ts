import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { JobState } from './job.entity.js';
import type { JobRecord } from './job.mapper.js';

/** A job that one worker holds until its lease lapses. */
export interface ClaimedJob {
  readonly id: string;
  readonly tenant: string;
  readonly kind: string;
  readonly params: Record<string, unknown>;
  readonly progress: Record<string, unknown> | null;
  readonly attempts: number;
  readonly token: string;
}

/** How a claim ends; `retryInSeconds` puts the job back into the queue. */
export type JobOutcome =
  | { readonly result: Record<string, unknown> }
  | { readonly error: string }
  | { readonly retryInSeconds: number; readonly attempts: number };

const SET_LEASE = `lease_until = now() + $2 * interval '1 second', updated_at = now()`;

/** The jobs table as a queue. Leases are told by the database's clock only. */
@Injectable()
export class JobsRepository {
  async insert(
    tx: EntityManager,
    tenant: string,
    job: { id: string; kind: string; params: Record<string, unknown> },
  ): Promise<void> {
    await tx.query(`insert into jobs (id, tenant_id, kind, params) values ($2, $1, $3, $4)`, [
      tenant,
      job.id,
      job.kind,
      JSON.stringify(job.params),
    ]);
  }

  async find(tx: EntityManager, tenant: string, id: string): Promise<JobRecord | undefined> {
    const rows = await tx.query<JobRecord[]>(
      `select id, kind, state, params, progress, result, error, created_at, updated_at
       from jobs where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
    return rows[0];
  }

  /** The oldest job of these kinds that is due, or whose worker let its lease lapse. */
  async claim(
    tx: EntityManager,
    kinds: readonly string[],
    token: string,
    leaseSeconds: number,
  ): Promise<ClaimedJob | undefined> {
    const [rows] = await tx.query<[ClaimedJob[], number]>(
      `update jobs set state = 'running', attempts = attempts + 1, lease_token = $1, ${SET_LEASE}
       where id = (
         select id from jobs
         where kind = any($3::text[])
           and (state = 'queued' and coalesce(lease_until <= now(), true)
             or state = 'running' and lease_until <= now())
         order by created_at, id limit 1 for update skip locked)
       returning id, tenant_id as tenant, kind, params, progress, attempts,
         lease_token as token`,
      [token, leaseSeconds, kinds],
    );
    return rows[0];
  }

  /** False where another worker has taken the job over. */
  async extendLease(
    tx: EntityManager,
    tenant: string,
    job: ClaimedJob,
    leaseSeconds: number,
  ): Promise<boolean> {
    const [, held] = await tx.query<[unknown[], number]>(
      `update jobs set ${SET_LEASE}
       where tenant_id = $1 and id = $3 and lease_token = $4 and state = 'running'`,
      [tenant, leaseSeconds, job.id, job.token],
    );
    return held === 1;
  }

  /**
   * Notes how far a job is.
   * @param isAhead its attempts begin anew; else one that kills each worker would be tried for ever
   * @returns false where another worker has taken the job over, or somebody cancelled it
   */
  async noteProgress(
    tx: EntityManager,
    tenant: string,
    job: ClaimedJob,
    progress: Record<string, unknown>,
    isAhead: boolean,
  ): Promise<boolean> {
    const [, held] = await tx.query<[unknown[], number]>(
      `update jobs set progress = $4, attempts = case when $5 then 1 else attempts end,
         updated_at = now()
       where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running'`,
      [tenant, job.id, job.token, JSON.stringify(progress), isAhead],
    );
    return held === 1;
  }

  /** Locks a job that has not ended. */
  async findUnderWay(
    tx: EntityManager,
    tenant: string,
    id: string,
  ): Promise<Pick<ClaimedJob, 'kind' | 'params'> | undefined> {
    const rows = await tx.query<Pick<ClaimedJob, 'kind' | 'params'>[]>(
      `select kind, params from jobs
       where tenant_id = $1 and id = $2 and state in ('queued', 'running') for update`,
      [tenant, id],
    );
    return rows[0];
  }

  /** Ends a job; its worker, if it has one, has lost its lease. */
  async cancel(tx: EntityManager, tenant: string, id: string): Promise<void> {
    await tx.query(
      `update jobs set state = 'cancelled', lease_token = null, updated_at = now()
       where tenant_id = $1 and id = $2`,
      [tenant, id],
    );
  }

  /** Writes nothing for a worker that has lost its lease. */
  async settle(
    tx: EntityManager,
    tenant: string,
    job: ClaimedJob,
    outcome: JobOutcome,
  ): Promise<void> {
    const retry = 'retryInSeconds' in outcome ? outcome : undefined;
    const state: JobState = retry ? 'queued' : 'result' in outcome ? 'success' : 'error';
    await tx.query(
      `update jobs set state = $4, result = $5, error = $6, lease_token = null,
         lease_until = now() + $7 * interval '1 second', attempts = coalesce($8, attempts),
         updated_at = now()
       where tenant_id = $1 and id = $2 and lease_token = $3 and state = 'running'`,
      [
        tenant,
        job.id,
        job.token,
        state,
        'result' in outcome ? JSON.stringify(outcome.result) : null,
        'error' in outcome ? outcome.error : null,
        retry?.retryInSeconds ?? null,
        retry?.attempts ?? null,
      ],
    );
  }

  /** Every claim lapses: for the start of the only process that works on this database. */
  async lapseAll(tx: EntityManager, kinds: readonly string[]): Promise<void> {
    await tx.query(
      `update jobs set lease_until = now() where state = 'running' and kind = any($1::text[])`,
      [kinds],
    );
  }

  async removeFinished(tx: EntityManager, olderThanDays: number): Promise<void> {
    await tx.query(
      `delete from jobs where state in ('success', 'error', 'cancelled')
         and updated_at < now() - $1 * interval '1 day'`,
      [olderThanDays],
    );
  }
}
