import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import { sentence } from '../common/sentence.js';
import { Database } from '../database/database.js';
import { RunsService } from '../runs/runs.service.js';
import type { CancelAnswer, RunAnswer } from '../runs/runs.schema.js';
import { ConnectionsRepository } from './connections.repository.js';
import { ConnectionsService } from './connections.service.js';
import type { SyncAnswer, SyncConnectionBody } from './connections.schema.js';

/** Clients give up after 30 s, so a request waits for a run a little less. */
const WAIT_MS = 25_000;
/** A cancelled run stops after its page. */
const STOP_MS = 5_000;

@Injectable()
export class ConnectionSyncService {
  constructor(
    private readonly database: Database,
    private readonly connections: ConnectionsService,
    private readonly repository: ConnectionsRepository,
    private readonly runs: RunsService,
  ) {}

  /**
   * Asks for a run, or joins the active one, and waits for its end if told so. One that was
   * cancelled is waited for, and a new one begins.
   * @throws AppError `connection_not_found`, `connection_paused`, `partition_not_found`,
   *   `connection_busy`
   */
  async sync(
    tenant: string,
    id: string,
    body: SyncConnectionBody,
    wait: boolean,
  ): Promise<SyncAnswer> {
    let asked = await this.ask(tenant, id, body);
    if (asked.stopping) {
      await this.runs.wait(tenant, asked.id, STOP_MS);
      asked = await this.ask(tenant, id, body);
    }
    if (asked.stopping)
      throw new AppError('connection_busy', 'The run before is still stopping; ask again soon.', {
        retryAfter: STOP_MS / 1000,
      });
    this.runs.wakeWorkers();
    const run = await this.runs.wait(tenant, asked.id, wait ? WAIT_MS : 0);
    return toSyncAnswer(run, asked.coalesced);
  }

  private ask(
    tenant: string,
    id: string,
    body: SyncConnectionBody,
  ): ReturnType<RunsService['enqueue']> {
    return this.database.inTenant(tenant, async (tx) => {
      const connection = await this.connections.require(tx, tenant, id);
      if (connection.status === 'paused')
        throw new AppError(
          'connection_paused',
          sentence(`The connection is paused: ${connection.status_reason ?? 'resume it first'}`),
        );
      if (body.partition !== undefined) await this.requirePartition(tx, id, body.partition);
      const { provider } = connection;
      return this.runs.enqueue(tx, tenant, {
        connection: id,
        provider,
        trigger: 'manual',
        options: body,
      });
    });
  }

  /** @throws AppError `connection_not_found`, `run_finished` when no run is active */
  async cancel(tenant: string, id: string): Promise<CancelAnswer> {
    const run = await this.database.inTenant(tenant, async (tx) => {
      await this.connections.require(tx, tenant, id);
      return this.runs.cancelActive(tx, tenant, id);
    });
    if (run === undefined) throw new AppError('run_finished', 'No run is active.');
    const { status } = await this.runs.get(tenant, run);
    return { id: run, status };
  }

  /** @throws AppError `connection_not_found` */
  async history(tenant: string, id: string, limit: number): Promise<RunAnswer[]> {
    await this.connections.get(tenant, id);
    return this.runs.list(tenant, id, limit);
  }

  /** Before the first listing nothing is known, and the run itself finds out. */
  private async requirePartition(tx: EntityManager, id: string, partition: string): Promise<void> {
    if ((await this.repository.knowsPartition(tx, id, partition)) !== false) return;
    throw new AppError('partition_not_found', `The connection has no partition "${partition}".`);
  }
}

function toSyncAnswer(run: RunAnswer, coalesced: boolean): SyncAnswer {
  const active = ['queued', 'running', 'waiting'].includes(run.status);
  return {
    synced: run.synced_count,
    cursor: null,
    status: active ? 'running' : run.status,
    run_id: run.id,
    coalesced,
    // What an active run waits for is no error to a client: `run.waiting` tells of it.
    error: active ? null : run.error,
    run,
  };
}
