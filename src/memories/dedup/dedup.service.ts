import { Injectable } from '@nestjs/common';
import { AuditService } from '../../auth/audit.service.js';
import { CollectionsService } from '../../collections/collections.service.js';
import { AppError } from '../../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { JobsService } from '../../jobs/jobs.service.js';
import type { JobUnderway } from '../../jobs/jobs.schema.js';
import { DEDUP_JOB, type DedupParams } from './dedup.job.js';
import { DedupResult, type DedupMemoriesBody } from './dedup.schema.js';

/** Below the 30 s after which clients of this API give up and send the request again. */
const WAIT_MS = 25_000;

@Injectable()
export class DedupService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly jobs: JobsService,
    private readonly audit: AuditService,
  ) {}

  /** The result, or the job where it takes longer than 25 s. */
  async dedup(
    tenant: string,
    by: ApiKeyIdentity,
    name: string,
    body: DedupMemoriesBody,
  ): Promise<DedupResult | JobUnderway> {
    const { name: collection } = await this.collections.require(tenant, name);
    const params: DedupParams = { collection, ...body };
    const id = await this.jobs.enqueue(tenant, DEDUP_JOB, params, async (tx, job) => {
      if (body.dry_run) return;
      await this.audit.record(tx, tenant, {
        actor: `key:${by.id}`,
        action: 'memories.deduplicated',
        target: collection,
        details: { threshold: body.threshold, job },
      });
    });
    const job = await this.jobs.wait(tenant, id, WAIT_MS);
    if (job.state === 'success') return DedupResult.parse(job.result);
    if (job.state !== 'error') return { job_id: id, status: 'running' };
    throw new AppError('internal_error', `Job ${id} failed: ${job.error ?? 'for no known reason'}`);
  }
}
