import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import type { HeldDeletions, RunOptions, RunRow } from './run-row.js';
import { isTerminal, type Trigger } from './run-state.js';
import { RunWakeup } from './run-wakeup.js';
import { toRun, toRunDetail } from './run.mapper.js';
import { RunsRepository, type Enqueued } from './runs.repository.js';
import type { CancelAnswer, RunAnswer, RunDetailAnswer } from './runs.schema.js';

const POLL_MS = 150;

export interface RunRequest {
  connection: string;
  provider: string;
  trigger: Trigger;
  options?: RunOptions;
}

@Injectable()
export class RunsService {
  constructor(
    private readonly database: Database,
    private readonly runs: RunsRepository,
    private readonly wakeup: RunWakeup,
    @Inject(IDS) private readonly ids: Ids,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Queues a run in the caller's transaction; call `wakeWorkers` after its commit. */
  enqueue(
    tx: EntityManager,
    tenant: string,
    { options = {}, ...request }: RunRequest,
  ): Promise<Enqueued> {
    return this.runs.enqueue(tx, tenant, { id: this.ids.next(), options, ...request });
  }

  wakeWorkers(): void {
    this.wakeup.notify();
  }

  list(tenant: string, connection: string, limit: number): Promise<RunAnswer[]> {
    return this.database.inTenant(tenant, async (tx) => {
      const rows = await this.runs.list(tx, tenant, connection, limit);
      return rows.map(toRun);
    });
  }

  /** @throws AppError `run_not_found` */
  get(tenant: string, id: string): Promise<RunDetailAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      const run = await this.require(tx, tenant, id);
      return toRunDetail(run, {
        partitions: await this.runs.partitions(tx, tenant, id),
        skipped: await this.runs.skippedPartitions(tx, tenant, id),
        attempts: await this.runs.attempts(tx, tenant, id),
      });
    });
  }

  /** The run's row. @throws AppError `run_not_found` */
  row(tenant: string, id: string): Promise<RunRow> {
    return this.database.inTenant(tenant, (tx) => this.require(tx, tenant, id));
  }

  /** Asks a run to stop: at once when it only waits, else after its current page. */
  async cancel(tenant: string, id: string): Promise<CancelAnswer> {
    return this.database.inTenant(tenant, async (tx) => {
      await this.require(tx, tenant, id);
      if (!(await this.runs.requestCancel(tx, tenant, id)))
        throw new AppError('run_finished', 'The run has ended already.');
      const run = await this.require(tx, tenant, id);
      return { id, status: run.state };
    });
  }

  /** Asks the active run of a connection to stop; answers its id, if there is one. */
  cancelActive(tx: EntityManager, tenant: string, connection: string): Promise<string | undefined> {
    return this.runs.cancelActive(tx, tenant, connection);
  }

  /** The run as soon as it has ended, or as it is after `ms`. */
  async wait(tenant: string, id: string, ms: number): Promise<RunAnswer> {
    const deadline = this.clock.now().getTime() + ms;
    for (;;) {
      const run = await this.database.inTenant(tenant, (tx) => this.require(tx, tenant, id));
      if (isTerminal(run.state) || this.clock.now().getTime() >= deadline) return toRun(run);
      await this.clock.sleep(POLL_MS);
    }
  }

  /**
   * The deletions of a connection of which a run has decided that a person settles them; null:
   * none. Until the transaction ends no run judges them again.
   */
  async decidedHold(
    tx: EntityManager,
    tenant: string,
    connection: string,
  ): Promise<HeldDeletions | null> {
    const held = await this.runs.held(tx, tenant, connection);
    return held?.judging ? null : held;
  }

  /** Nothing is held any more on the runs of a connection. */
  settleHeld(tx: EntityManager, tenant: string, connection: string): Promise<void> {
    return this.runs.clearHeld(tx, tenant, connection);
  }

  private async require(tx: EntityManager, tenant: string, id: string): Promise<RunRow> {
    const run = await this.runs.find(tx, tenant, id);
    if (run) return run;
    throw new AppError('run_not_found', `There is no run ${id}.`);
  }
}
