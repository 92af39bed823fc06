import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import { JobBell } from './job-bell.js';
import { JobHandlers } from './job-handlers.js';
import type { JobRecord } from './job.mapper.js';
import { JobsRepository } from './jobs.repository.js';

/** How often a waiting request looks whether a worker in another process has finished. */
const LOOK_MS = 500;

/** Puts work into the queue and tells what became of it. */
@Injectable()
export class JobsService {
  constructor(
    private readonly database: Database,
    private readonly jobs: JobsRepository,
    private readonly bell: JobBell,
    private readonly handlers: JobHandlers,
    private readonly lifecycle: Lifecycle,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * Queues a job and answers its id. A job about one collection names it in `params.collection`,
   * which is what keys that are restricted to a collection are checked against.
   * @param record what goes with it, in the same transaction
   */
  async enqueue(
    tenant: string,
    kind: string,
    params: Record<string, unknown>,
    record?: (tx: EntityManager, job: string) => Promise<void>,
  ): Promise<string> {
    const id = await this.database.inTenant(tenant, async (tx) => {
      const job = await this.enqueueIn(tx, tenant, kind, params);
      await record?.(tx, job);
      return job;
    });
    this.ring();
    return id;
  }

  /** The same as a part of the caller's transaction, which calls `ring` once it is over. */
  async enqueueIn(
    tx: EntityManager,
    tenant: string,
    kind: string,
    params: Record<string, unknown>,
  ): Promise<string> {
    const id = this.ids.next();
    await this.jobs.insert(tx, tenant, { id, kind, params });
    return id;
  }

  /** Tells the worker of this process that there is something to do. */
  ring(): void {
    this.bell.ring();
  }

  /**
   * Ends a job where it stands; what that means is its kind's affair.
   * @param actor who asked, as the audit log names them
   * @throws AppError `job_not_found`, `job_not_cancellable`
   */
  async cancel(tenant: string, id: string, actor: string): Promise<JobRecord> {
    await this.get(tenant, id);
    await this.database.inTenant(tenant, async (tx) => {
      const job = await this.jobs.findUnderWay(tx, tenant, id);
      const cancel = job && this.handlers.get(job.kind).cancel;
      if (!cancel) {
        const why = job ? 'is of a kind that cannot be cancelled' : 'has ended';
        throw new AppError('job_not_cancellable', `Job ${id} ${why}.`);
      }
      await this.jobs.cancel(tx, tenant, id);
      await cancel(tx, tenant, { id, params: job.params }, actor);
    });
    this.ring();
    return this.get(tenant, id);
  }

  /** @throws AppError `job_not_found` */
  async get(tenant: string, id: string): Promise<JobRecord> {
    const job = await this.database.inTenant(tenant, (tx) => this.jobs.find(tx, tenant, id));
    if (!job) throw new AppError('job_not_found', `There is no job ${id}.`);
    return job;
  }

  /** The job when it has ended, or as it stands after `ms` or when the server stops. */
  async wait(tenant: string, id: string, ms: number): Promise<JobRecord> {
    const { stopping } = this.lifecycle;
    const end = this.clock.now().getTime() + ms;
    for (;;) {
      const rings = this.bell.count;
      const job = await this.get(tenant, id);
      const left = end - this.clock.now().getTime();
      if (isOver(job) || left <= 0 || stopping.aborted) return job;
      await this.bell.wait(rings, Math.min(left, LOOK_MS), stopping);
    }
  }
}

function isOver(job: JobRecord): boolean {
  return job.state !== 'queued' && job.state !== 'running';
}
