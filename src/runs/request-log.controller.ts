import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scopes } from '../auth/access.js';
import { CurrentTenant } from '../auth/current.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import type { Page } from '../common/http/paging.js';
import {
  ListRunRequests,
  RunRequestAnswer,
  type ListRunRequestsQuery,
} from './request-log.schema.js';
import { RequestLogService } from './request-log.service.js';

@ApiTags('runs')
@Controller('v1/memory/runs')
export class RequestLogController {
  constructor(private readonly requests: RequestLogService) {}

  @Get(':id/requests')
  @Scopes('memory:read')
  @Operation({
    id: 'listRunRequests',
    summary: 'List what a run asked its source, newest first',
    description:
      'The newest 1,000 calls, without content and secrets. Numbers count all calls of the run, ' +
      'so the smallest one tells how many older ones were dropped. Written every few seconds.',
    answer: z.array(RunRequestAnswer),
    errors: ['run_not_found', 'bad_cursor'],
  })
  list(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: ListRunRequests }) query: ListRunRequestsQuery,
  ): Promise<Page<RunRequestAnswer>> {
    return this.requests.list(tenant, id, query);
  }
}
