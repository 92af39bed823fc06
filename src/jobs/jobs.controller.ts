import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllowsRestrictedKeys, Scopes } from '../auth/access.js';
import { CurrentKey } from '../auth/current.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import { toJobAnswer, type JobRecord } from './job.mapper.js';
import { JobAnswer } from './jobs.schema.js';
import { JobsService } from './jobs.service.js';

@ApiTags('jobs')
@Controller('v1/memory/jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get(':id')
  @Scopes('memory:read')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'getJob',
    summary: 'Get a job that outlived its request',
    answer: JobAnswer,
    errors: ['job_not_found'],
  })
  async get(
    @CurrentKey() key: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<JobAnswer> {
    return toJobAnswer(await this.find(key, id));
  }

  @Post(':id/cancel')
  @Scopes('memory:write')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'cancelJob',
    summary: 'Cancel a reindex',
    description: 'The collection keeps its model; what was made for the other one is removed.',
    answer: JobAnswer,
    errors: ['job_not_found', 'job_not_cancellable'],
  })
  async cancel(
    @CurrentKey() key: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<JobAnswer> {
    await this.find(key, id);
    return toJobAnswer(await this.jobs.cancel(key.tenant, id, `key:${key.id}`));
  }

  private async find(key: ApiKeyIdentity, id: string): Promise<JobRecord> {
    const job = await this.jobs.get(key.tenant, id);
    const { collection } = job.params;
    requireCollectionAccess(key, typeof collection === 'string' ? collection : '');
    return job;
  }
}
