import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { KEPT_REQUESTS, type LoggedRequest, type RequestBatch } from './request-log.js';

export interface RequestRow {
  number: number;
  at: Date;
  method: string;
  target: string | null;
  outcome: LoggedRequest['outcome'];
  status: number | null;
  error: string | null;
  attempt: number;
  duration_ms: number;
  wait_ms: number;
  retry_after_seconds: number | null;
}

/** The newest calls of each run. */
@Injectable()
export class RequestLogRepository {
  /** Numbers go on where the run's last batch ended; its row must be locked. */
  async append(
    tx: EntityManager,
    tenant: string,
    run: string,
    { requests, dropped }: RequestBatch,
  ): Promise<void> {
    await tx.query(
      `insert into run_requests (run_id, number, tenant_id, at, method, target, outcome, status,
         error, attempt, duration_ms, wait_ms, retry_after_seconds)
       select $1, $3 + r.n + (select coalesce(max(number), 0) from run_requests where run_id = $1),
         $2, r.at, r.method, r.target, r.outcome, r.status, r.error, r.attempt, r."durationMs",
         r."waitMs", r."retryAfterSeconds"
       from json_to_recordset($4::json) as r(n int, at timestamptz, method text, target text,
         outcome text, status int, error text, attempt int, "durationMs" int, "waitMs" int,
         "retryAfterSeconds" float8)`,
      [run, tenant, dropped, JSON.stringify(requests.map((one, n) => ({ ...one, n: n + 1 })))],
    );
    await tx.query(
      `delete from run_requests where run_id = $1 and number <=
         (select max(number) from run_requests where run_id = $1) - $2::int`,
      [run, KEPT_REQUESTS],
    );
  }

  /** Newest first. */
  async list(
    tx: EntityManager,
    tenant: string,
    run: string,
    page: { limit: number; offset: number; before: number | undefined },
  ): Promise<RequestRow[]> {
    return tx.query<RequestRow[]>(
      `select number, at, method, target, outcome, status, error, attempt, duration_ms, wait_ms,
         retry_after_seconds
       from run_requests
       where tenant_id = $1 and run_id = $2 and ($3::int is null or number < $3)
       order by number desc limit $4 offset $5`,
      [tenant, run, page.before ?? null, page.limit, page.before === undefined ? page.offset : 0],
    );
  }
}
