import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import { ConnectionsService } from '../../connections/connections.service.js';
import { Database } from '../../database/database.js';
import { RunsService } from '../../runs/runs.service.js';
import { PendingRefsRepository } from '../pending-refs/pending-refs.repository.js';
import { FailuresRepository, type FailureRow } from './failures.repository.js';
import type { FailureAnswer, ListFailuresQuery, RetryAnswer } from './failures.schema.js';

@Injectable()
export class FailuresService {
  constructor(
    private readonly database: Database,
    private readonly failures: FailuresRepository,
    private readonly refs: PendingRefsRepository,
    private readonly connections: ConnectionsService,
    private readonly runs: RunsService,
  ) {}

  /** @throws AppError `connection_not_found` */
  list(tenant: string, connection: string, query: ListFailuresQuery): Promise<FailureAnswer[]> {
    return this.database.inTenant(tenant, async (tx) => {
      await this.connections.require(tx, tenant, connection);
      const rows = await this.failures.list(tx, tenant, connection, query);
      return rows.map(toFailure);
    });
  }

  /**
   * Reads the document again now, before anything else of its connection.
   * @throws AppError `failure_not_found`, `connection_paused`
   */
  async retry(tenant: string, id: string): Promise<RetryAnswer> {
    const run = await this.database.inTenant(tenant, async (tx) => {
      const failure = await this.failures.find(tx, tenant, id);
      if (!failure) throw new AppError('failure_not_found', `There is no failure ${id}.`);
      const { connection_id: connection, external_id: externalId, partition_key } = failure;
      const { provider, status } = await this.connections.require(tx, tenant, connection);
      if (status === 'paused')
        throw new AppError('connection_paused', 'The connection is paused; resume it first.');
      await this.refs.add(tx, connection, { externalId, partition: partition_key, cause: 'retry' });
      await this.failures.makeDue(tx, connection, externalId);
      return this.runs.enqueue(tx, tenant, { connection, provider, trigger: 'manual' });
    });
    this.runs.wakeWorkers();
    return { run_id: run.id, coalesced: run.coalesced };
  }
}

function toFailure(row: FailureRow): FailureAnswer {
  return {
    id: row.id,
    external_id: row.external_id,
    title: row.title,
    url: row.url,
    partition: row.partition_key,
    stage: row.stage,
    code: row.code,
    message: row.message,
    attempts: row.attempts,
    next_at: row.next_at?.toISOString() ?? null,
    resolved_at: row.resolved_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
