import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CLOCK, hasPassed, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { logFailure } from '../common/errors/log-failure.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { IDS, type Ids } from '../common/ids.js';
import { CONFIG, type Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { JobBell } from './job-bell.js';
import { JobHandlers, type JobKind } from './job-handlers.js';
import { JobProgressNotes } from './job-progress-notes.js';
import { JobsRepository, type ClaimedJob, type JobOutcome } from './jobs.repository.js';

const LEASE_SECONDS = 30;
const HEARTBEAT_MS = 10_000;
const LOOK_MS = 1_000;
const MAX_ATTEMPTS = 3;
const RETRY_SECONDS = 10;
const KEEP_DAYS = 7;
const CLEAN_UP_MS = 3_600_000;
const BACKGROUND = { priority: 'background' } as const;

/**
 * Works on one short and one long job at a time, in processes of role `all` and `worker`. A worker
 * that is killed loses its lease, and the next one starts the job again.
 */
@Injectable()
export class JobsWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(JobsWorker.name);
  private loops: Promise<void>[] = [];
  private cleanedUpAt?: number;

  constructor(
    private readonly database: Database,
    private readonly jobs: JobsRepository,
    private readonly handlers: JobHandlers,
    private readonly bell: JobBell,
    private readonly lifecycle: Lifecycle,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.loops = [this.work('short'), this.work('long')];
  }

  /** What is under way goes back into the queue; the database is still open here. */
  async beforeApplicationShutdown(): Promise<void> {
    this.lifecycle.stop();
    await Promise.all(this.loops);
  }

  /** Takes a job and works on it to its end. False when none is due. */
  async workOnOne(lane: JobKind['lane'] = 'short'): Promise<boolean> {
    const job = await this.database.asSystem(
      (tx) => this.jobs.claim(tx, this.handlers.kinds(lane), this.ids.next(), LEASE_SECONDS),
      BACKGROUND,
    );
    if (!job) return false;
    const outcome = await this.attempt(job);
    await this.database.inTenant(
      job.tenant,
      (tx) => this.jobs.settle(tx, job.tenant, job, outcome),
      BACKGROUND,
    );
    this.bell.ring();
    return true;
  }

  private async work(lane: JobKind['lane']): Promise<void> {
    const { stopping } = this.lifecycle;
    let fresh = true;
    while (!stopping.aborted) {
      const rings = this.bell.count;
      try {
        if (fresh) await this.takeOverOwnJobs(lane);
        fresh = false;
        await this.cleanUp();
        if (await this.workOnOne(lane)) continue;
      } catch (error) {
        // The database is away or full; what was claimed lapses and comes again.
        logFailure(this.logger, 'the job queue cannot be read', error);
      }
      await this.bell.wait(rings, LOOK_MS, stopping);
    }
  }

  /** Nobody else works on an embedded database: what is marked as running was killed. */
  private async takeOverOwnJobs(lane: JobKind['lane']): Promise<void> {
    if (this.database.mode !== 'embedded') return;
    await this.database.asSystem(
      (tx) => this.jobs.lapseAll(tx, this.handlers.kinds(lane)),
      BACKGROUND,
    );
  }

  private async cleanUp(): Promise<void> {
    const now = this.clock.now().getTime();
    if (this.cleanedUpAt !== undefined && !hasPassed(CLEAN_UP_MS, this.cleanedUpAt, now)) return;
    this.cleanedUpAt = now;
    await this.database.asSystem((tx) => this.jobs.removeFinished(tx, KEEP_DAYS), BACKGROUND);
  }

  private async attempt(job: ClaimedJob): Promise<JobOutcome> {
    if (job.attempts > MAX_ATTEMPTS) {
      return { error: `internal_error: the job was interrupted ${MAX_ATTEMPTS} times` };
    }
    const over = new AbortController();
    const lost = new AbortController();
    const heartbeat = this.keepLease(job, over.signal, lost);
    const signal = AbortSignal.any([this.lifecycle.stopping, lost.signal]);
    const { handler } = this.handlers.get(job.kind);
    const progress = this.progressOf(job, lost);
    try {
      return { result: await handler(job.tenant, job.params, signal, progress) };
    } catch (error) {
      // As many as there were since the last one that got ahead.
      const attempts = progress.isAhead ? 1 : job.attempts;
      if (signal.aborted) return { retryInSeconds: 0, attempts: attempts - 1 };
      return this.failure({ ...job, attempts }, error);
    } finally {
      over.abort();
      await heartbeat;
    }
  }

  private progressOf(job: ClaimedJob, lost: AbortController): JobProgressNotes {
    const note = (progress: Record<string, unknown>, isAhead: boolean): Promise<boolean> =>
      this.database.inTenant(
        job.tenant,
        (tx) => this.jobs.noteProgress(tx, job.tenant, job, progress, isAhead),
        BACKGROUND,
      );
    return new JobProgressNotes(job.id, job.progress, this.clock, note, lost);
  }

  /** What the caller did wrong stays wrong; anything else may pass. */
  private failure(job: ClaimedJob, error: unknown): JobOutcome {
    const expected = error instanceof AppError && error.status < 500;
    if (!expected)
      this.logger.error({ msg: 'a job failed', job: job.id, kind: job.kind, err: error });
    if (!expected && job.attempts < MAX_ATTEMPTS) {
      return { retryInSeconds: RETRY_SECONDS * job.attempts, attempts: job.attempts };
    }
    const text =
      error instanceof AppError
        ? `${error.code}: ${error.message}`
        : `internal_error: the log has details under job ${job.id}`;
    return { error: text };
  }

  private async keepLease(
    job: ClaimedJob,
    over: AbortSignal,
    lost: AbortController,
  ): Promise<void> {
    for (;;) {
      try {
        await this.clock.sleep(HEARTBEAT_MS, over);
        const held = await this.database.inTenant(job.tenant, (tx) =>
          this.jobs.extendLease(tx, job.tenant, job, LEASE_SECONDS),
        );
        if (!held) lost.abort(new Error(`the lease of job ${job.id} was lost`));
      } catch (error) {
        if (over.aborted) return;
        // One missed heartbeat is no loss yet: the lease is three of them long.
        this.logger.warn({ msg: 'a heartbeat failed', job: job.id, err: error });
      }
      if (over.aborted || lost.signal.aborted) return;
    }
  }
}
