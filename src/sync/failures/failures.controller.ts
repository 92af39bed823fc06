import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scopes } from '../../auth/access.js';
import { CurrentTenant } from '../../auth/current.js';
import { Id } from '../../common/http/id.schema.js';
import { Operation } from '../../common/http/operation.js';
import {
  FailureAnswer,
  ListFailures,
  RetryAnswer,
  type ListFailuresQuery,
} from './failures.schema.js';
import { FailuresService } from './failures.service.js';

@ApiTags('failures')
@Controller('v1/memory')
export class FailuresController {
  constructor(private readonly failures: FailuresService) {}

  @Get('connections/:id/failures')
  @Scopes('memory:read')
  @Operation({
    id: 'listFailures',
    summary: 'List documents that could not be read, or not whole, newest first',
    answer: z.array(FailureAnswer),
    errors: ['connection_not_found'],
  })
  list(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: ListFailures }) query: ListFailuresQuery,
  ): Promise<FailureAnswer[]> {
    return this.failures.list(tenant, id, query);
  }

  @Post('failures/:id/retry')
  @Scopes('memory:write')
  @Operation({
    id: 'retryFailure',
    summary: 'Read a failed document again now',
    status: 202,
    answer: RetryAnswer,
    errors: ['failure_not_found', 'connection_paused'],
  })
  retry(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<RetryAnswer> {
    return this.failures.retry(tenant, id);
  }
}
