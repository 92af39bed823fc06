import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { Scopes } from '../auth/access.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import { requireScope } from '../auth/permissions.js';
import { CollectionName } from '../collections/collection-name.schema.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Operation } from '../common/http/operation.js';
import type { JobUnderway } from '../jobs/jobs.schema.js';
import { EMBEDDING_ERRORS } from '../inference/embedding-errors.js';
import {
  ArchiveStale,
  CollectionHealth,
  Contradiction,
  ContradictionsQuery,
  DigestQuery,
  ForgetMemories,
  Forgotten,
  HealthQuery,
  ProfileAnswer,
  StaleArchived,
  SummaryAnswer,
  SummaryQuery,
  type ArchiveStaleBody,
  type ForgetMemoriesBody,
} from './curation.schema.js';
import { CurationService } from './curation.service.js';
import {
  DedupAnswer,
  DedupMemories,
  type DedupMemoriesBody,
  type DedupResult,
} from './dedup/dedup.schema.js';
import { DedupService } from './dedup/dedup.service.js';
import { ForgetService } from './forget.service.js';

const Name = { schema: CollectionName };

@ApiTags('curation')
@Controller('v1/memory/collections/:collection')
export class CurationController {
  constructor(
    private readonly curation: CurationService,
    private readonly dedups: DedupService,
    private readonly forgetting: ForgetService,
  ) {}

  @Post('forget')
  @Scopes('memory:read')
  @Operation({
    id: 'forgetMemories',
    summary: 'Delete the memories that a query finds',
    description:
      'At most `limit`, and none whose score is below `min_score`. Without `dry_run` the key needs ' +
      '`memory:write`.',
    answer: Forgotten,
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'index_unavailable'],
  })
  forget(
    @CurrentKey() key: ApiKeyIdentity,
    @Param('collection', Name) collection: string,
    @Body({ schema: ForgetMemories }) body: ForgetMemoriesBody,
  ): Promise<Forgotten> {
    if (!body.dry_run) requireScope(key, 'memory:write');
    return this.forgetting.forget(key.tenant, key, collection, body);
  }

  @Post('dedup')
  @Scopes('memory:read')
  @Operation({
    id: 'dedupMemories',
    summary: 'Find memories that say the same, and delete all but one',
    description:
      'Compares within one container tag. Pinned and synced memories are never deleted. Runs as ' +
      'a job: what takes over 25 s answers 202 with a `job_id` for `GET /v1/memory/jobs/{id}`. ' +
      'Without `dry_run` the key needs `memory:write`.',
    answer: DedupAnswer,
    errors: ['collection_not_found'],
  })
  async dedup(
    @CurrentKey() key: ApiKeyIdentity,
    @Param('collection', Name) collection: string,
    @Body({ schema: DedupMemories }) body: DedupMemoriesBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DedupResult | JobUnderway> {
    if (!body.dry_run) requireScope(key, 'memory:write');
    const answer = await this.dedups.dedup(key.tenant, key, collection, body);
    if ('job_id' in answer) response.status(202);
    return answer;
  }

  @Post('archive-stale')
  @Scopes('memory:read')
  @Operation({
    id: 'archiveStaleMemories',
    summary: 'Archive memories that were not changed for long',
    description: 'Pinned ones stay. Without `dry_run` the key needs `memory:write`.',
    answer: StaleArchived,
    errors: ['collection_not_found'],
  })
  archiveStale(
    @CurrentKey() key: ApiKeyIdentity,
    @Param('collection', Name) collection: string,
    @Body({ schema: ArchiveStale }) body: ArchiveStaleBody,
  ): Promise<StaleArchived> {
    if (!body.dry_run) requireScope(key, 'memory:write');
    return this.curation.archiveStale(key.tenant, key, collection, body);
  }

  @Get('health')
  @Scopes('memory:read')
  @Operation({
    id: 'collectionHealth',
    summary: 'Count stale, expired and superseded memories',
    answer: CollectionHealth,
    errors: ['collection_not_found'],
  })
  health(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Query({ schema: HealthQuery }) query: HealthQuery,
  ): Promise<CollectionHealth> {
    return this.curation.health(tenant, collection, query.stale_days);
  }

  @Get('contradictions')
  @Scopes('memory:read')
  @Operation({
    id: 'listContradictions',
    summary: 'List what superseded what, newest first',
    answer: z.array(Contradiction),
    errors: ['collection_not_found'],
  })
  contradictions(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Query({ schema: ContradictionsQuery }) query: ContradictionsQuery,
  ): Promise<Contradiction[]> {
    return this.curation.contradictions(tenant, collection, query.limit);
  }

  @Get('profile')
  @Scopes('memory:read')
  @Operation({
    id: 'collectionProfile',
    summary: 'Describe a collection by its categories, themes and best memories',
    description: 'Made by rules, without a model: the same memories give the same text.',
    answer: ProfileAnswer,
    errors: ['collection_not_found'],
  })
  profile(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Query({ schema: DigestQuery }) query: DigestQuery,
  ): Promise<ProfileAnswer> {
    return this.curation.profile(tenant, collection, query);
  }

  @Get('summary')
  @Scopes('memory:read')
  @Operation({
    id: 'summariseCollection',
    summary: 'Sum up the best memories of a collection in their own words',
    description: 'Made by rules, without a model: the same memories give the same text.',
    answer: SummaryAnswer,
    errors: ['collection_not_found'],
  })
  summary(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Query({ schema: SummaryQuery }) query: SummaryQuery,
  ): Promise<SummaryAnswer> {
    return this.curation.summary(tenant, collection, query);
  }
}
