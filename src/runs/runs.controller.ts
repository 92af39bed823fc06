import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../auth/access.js';
import { CurrentTenant } from '../auth/current.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import { CancelAnswer, RunDetailAnswer } from './runs.schema.js';
import { RunsService } from './runs.service.js';

@ApiTags('runs')
@Controller('v1/memory/runs')
export class RunsController {
  constructor(private readonly runs: RunsService) {}

  @Get(':id')
  @Scopes('memory:read')
  @Operation({
    id: 'getRun',
    summary: 'Show a run with its partitions and attempts',
    answer: RunDetailAnswer,
    errors: ['run_not_found'],
  })
  get(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<RunDetailAnswer> {
    return this.runs.get(tenant, id);
  }

  @Post(':id/cancel')
  @Scopes('memory:write')
  @Operation({
    id: 'cancelRun',
    summary: 'Stop a run at its next page; what is committed stays',
    answer: CancelAnswer,
    errors: ['run_not_found', 'run_finished'],
  })
  cancel(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<CancelAnswer> {
    return this.runs.cancel(tenant, id);
  }
}
