import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllowsRestrictedKeys, Scopes } from '../auth/access.js';
import { CurrentKey } from '../auth/current.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import { toJobAnswer } from './job.mapper.js';
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
    const job = await this.jobs.get(key.tenant, id);
    const { collection } = job.params;
    requireCollectionAccess(key, typeof collection === 'string' ? collection : '');
    return toJobAnswer(job);
  }
}
