import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { AuditService } from '../auth/audit.service.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { AppError } from '../common/errors/app-error.js';
import { JobHandlers, type JobProgress } from '../jobs/job-handlers.js';
import { JobsService } from '../jobs/jobs.service.js';
import { CollectionReindex } from './collection-reindex.js';
import { ReindexMeter } from './reindex-meter.js';
import { ReindexRepository } from './reindex.repository.js';
import { ReindexProgress } from './reindex.schema.js';

export const REINDEX_JOB = 'reindex';
const REMOVE_JOB = 'remove_vectors';

const ReindexParams = z.object({
  /** Its name when it was asked for. */
  collection: z.string(),
  collection_id: z.uuid(),
  /** Null: its own. */
  model: z.string().nullable(),
});
export type ReindexParams = z.infer<typeof ReindexParams>;

const LONGEST_PAUSE_SECONDS = 60;

/** Runs reindexes as jobs: they outlive crashes and wait for what does not answer. */
@Injectable()
export class ReindexJob implements OnModuleInit {
  constructor(
    private readonly reindex: CollectionReindex,
    private readonly repository: ReindexRepository,
    private readonly jobs: JobsService,
    private readonly handlers: JobHandlers,
    private readonly audit: AuditService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(
      REINDEX_JOB,
      (tenant, params, signal, progress) =>
        this.run(tenant, ReindexParams.parse(params), signal, progress),
      {
        lane: 'long',
        cancel: async (tx, tenant, job, actor) => {
          const { collection_id: id, collection, model } = ReindexParams.parse(job.params);
          await this.repository.lock(tx, tenant, id);
          await this.repository.setNextSpace(tx, tenant, id, null);
          await this.jobs.enqueueIn(tx, tenant, REMOVE_JOB, job.params);
          await this.audit.record(tx, tenant, {
            actor,
            action: 'collection.reindex_cancelled',
            target: collection,
            details: { model, job: job.id },
          });
        },
      },
    );
    this.handlers.register(REMOVE_JOB, async (tenant, params, signal, progress) => {
      const { collection_id: id } = ReindexParams.parse(params);
      const meter = new ReindexMeter(progress, this.clock);
      return { removed: await this.reindex.removeUnused(tenant, id, meter, signal) };
    });
  }

  private async run(
    tenant: string,
    { collection: name, collection_id: id, model }: ReindexParams,
    signal: AbortSignal,
    progress: JobProgress,
  ): Promise<Record<string, unknown>> {
    const meter = new ReindexMeter(progress, this.clock);
    const patiently = <T>(work: () => Promise<T>): Promise<T> =>
      this.patiently(work, meter, signal);
    const given = { tenant, collection: { id, name }, meter, signal, patiently };
    const stored = ReindexProgress.safeParse(progress.last);
    const last = stored.success ? stored.data : null;
    const result =
      model === null
        ? await this.reindex.inPlace(given, last)
        : await this.reindex.toModel(given, model, last);
    return { ...result, removed: await this.reindex.removeUnused(tenant, id, meter, signal) };
  }

  /** A model or a store that is down for an hour costs an hour and not the reindex. */
  private async patiently<T>(
    work: () => Promise<T>,
    meter: ReindexMeter,
    signal: AbortSignal,
  ): Promise<T> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !(error instanceof AppError) || error.status !== 503) throw error;
        await meter.waitFor(`${error.code}: ${error.message}`);
        const seconds = error.retryAfter ?? Math.min(LONGEST_PAUSE_SECONDS, 2 ** failures);
        await this.clock.sleep(seconds * 1000, signal);
      }
    }
  }
}
