import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { decodeCursor, Page } from '../common/http/paging.js';
import { BackgroundDatabase } from '../database/background-database.js';
import { Database } from '../database/database.js';
import { RequestLog, type RequestBatch } from './request-log.js';
import { RequestLogRepository, type RequestRow } from './request-log.repository.js';
import type { ListRunRequestsQuery, RunRequestAnswer } from './request-log.schema.js';
import { RunQueue, type ClaimedRun } from './run-queue.js';
import { RunsRepository } from './runs.repository.js';

const Cursor = z.tuple([z.int()]);

/** What a run asked its source, call by call. */
@Injectable()
export class RequestLogService {
  readonly #open = new Map<string, RequestLog>();

  constructor(
    private readonly database: Database,
    private readonly background: BackgroundDatabase,
    private readonly requests: RequestLogRepository,
    private readonly runs: RunsRepository,
    private readonly queue: RunQueue,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The log of a run that this process works on, until `close` or `drop`. */
  open(run: ClaimedRun): RequestLog {
    const log = new RequestLog(
      (batch) => this.write(run, batch),
      () => this.clock.now(),
    );
    this.#open.set(run.id, log);
    return log;
  }

  /** Writes what is left. @throws LeaseLost */
  async close(run: ClaimedRun): Promise<void> {
    const log = this.#open.get(run.id);
    this.#open.delete(run.id);
    await log?.flush();
  }

  /** Another worker has the run: what this one still had to write is lost with its lease. */
  drop(run: ClaimedRun): void {
    this.#open.delete(run.id);
  }

  /** @throws AppError `run_not_found`, `bad_cursor` */
  list(tenant: string, run: string, query: ListRunRequestsQuery): Promise<Page<RunRequestAnswer>> {
    const before = decodeCursor(query.cursor, Cursor)?.[0];
    return this.database.inTenant(tenant, async (tx) => {
      if (!(await this.runs.find(tx, tenant, run)))
        throw new AppError('run_not_found', `There is no run ${run}.`);
      const page = { limit: query.limit + 1, offset: query.offset, before };
      const rows = await this.requests.list(tx, tenant, run, page);
      return Page.of(rows, query.limit, (row) => [row.number], toAnswer);
    });
  }

  private async write(run: ClaimedRun, batch: RequestBatch): Promise<void> {
    await this.background.inTenant(run.tenant_id, async (tx) => {
      await this.queue.fence(tx, run);
      await this.requests.append(tx, run.tenant_id, run.id, batch);
    });
  }
}

function toAnswer(row: RequestRow): RunRequestAnswer {
  return { ...row, at: row.at.toISOString() };
}
