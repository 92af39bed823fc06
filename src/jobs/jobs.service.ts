import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { IDS, type Ids } from '../common/ids.js';
import { Database } from '../database/database.js';
import { JobBell } from './job-bell.js';
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
    private readonly lifecycle: Lifecycle,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * Queues a job and answers its id. A job about one collection names it in `params.collection`,
   * which is what keys that are restricted to a collection are checked against.
   */
  async enqueue(tenant: string, kind: string, params: Record<string, unknown>): Promise<string> {
    const id = this.ids.next();
    await this.database.inTenant(tenant, (tx) =>
      this.jobs.insert(tx, tenant, { id, kind, params }),
    );
    this.bell.ring();
    return id;
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
  return job.state === 'success' || job.state === 'error';
}
