import { Injectable } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { CollectionsService } from '../collections/collections.service.js';
import { EmbeddingSpacesService } from '../collections/embedding-spaces.service.js';
import { AppError } from '../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Database } from '../database/database.js';
import type { Embedder } from '../inference/embedder.js';
import { Embedders } from '../inference/embedders.js';
import { JobsService } from '../jobs/jobs.service.js';
import { StoredTexts } from '../remember/stored/stored-texts.js';
import { REINDEX_JOB, type ReindexParams } from './reindex.job.js';
import { ReindexRepository } from './reindex.repository.js';
import type { ReindexPlan, ReindexStarted } from './reindex.schema.js';

@Injectable()
export class ReindexService {
  constructor(
    private readonly database: Database,
    private readonly reindexes: ReindexRepository,
    private readonly collections: CollectionsService,
    private readonly spaces: EmbeddingSpacesService,
    private readonly embedders: Embedders,
    private readonly texts: StoredTexts,
    private readonly jobs: JobsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Queues a reindex, or joins the same one that is under way.
   * @param model as people name it; undefined: the collection's own
   * @throws AppError `collection_not_found`, `embedder_unavailable`, `embedding_model_differs`,
   *   `model_not_configured`, `reindex_under_way`
   */
  async start(
    tenant: string,
    by: ApiKeyIdentity,
    name: string,
    model?: string,
  ): Promise<ReindexStarted> {
    const { id, embedder } = await this.choose(tenant, name, model);
    const space = await this.spaces.of(embedder);
    const started = await this.database.inTenant(tenant, async (tx) => {
      const collection = await this.reindexes.lock(tx, tenant, id);
      if (!collection) throw new AppError('collection_not_found', `There is no "${name}".`);
      const isInPlace = collection.spaceId === space.id;
      const params: ReindexParams = {
        collection: collection.name,
        collection_id: id,
        model: isInPlace ? null : embedder.model,
      };
      const known = await this.reindexes.jobUnderWay(tx, tenant, REINDEX_JOB, id);
      if (known?.model === params.model) return { job: known.id, coalesced: true };
      if (known) throw underWay(name, known.model);
      await this.reindexes.setNextSpace(tx, tenant, id, isInPlace ? null : space.id);
      const job = await this.jobs.enqueueIn(tx, tenant, REINDEX_JOB, params);
      await this.audit.record(tx, tenant, {
        actor: `key:${by.id}`,
        action: 'collection.reindex_started',
        target: collection.name,
        details: { model: embedder.model, job },
      });
      return { job, coalesced: false };
    });
    this.jobs.ring();
    return { job_id: started.job, status: 'running', coalesced: started.coalesced };
  }

  /** What a reindex would embed. */
  async plan(tenant: string, name: string, model?: string): Promise<ReindexPlan> {
    const { id, from, embedder } = await this.choose(tenant, name, model);
    const size = await this.texts.measure(tenant, id);
    return { dry_run: true, from_model: from, to_model: embedder.model, ...size };
  }

  private async choose(
    tenant: string,
    name: string,
    model: string | undefined,
  ): Promise<{ id: string; from: string; embedder: Embedder }> {
    const collection = await this.collections.require(tenant, name);
    const embedder =
      model === undefined ? this.embedders.of(collection) : this.embedders.named(model);
    return { id: collection.id, from: collection.model, embedder };
  }
}

function underWay(name: string, model: string | null): AppError {
  const goal = model === null ? 'in place' : `for ${model}`;
  return new AppError(
    'reindex_under_way',
    `"${name}" is being reindexed ${goal} already; wait for it, or cancel its job.`,
  );
}
