import { Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../auth/access.js';
import { CurrentTenant } from '../auth/current.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import { PlanAnswer } from './plan.schema.js';
import { PlanService } from './plan.service.js';
import { SOURCE_ERRORS } from './source-errors.js';

@ApiTags('connections')
@Controller('v1/memory/connections/:id/plan')
export class PlanController {
  constructor(private readonly plans: PlanService) {}

  @Post()
  @Scopes('memory:read')
  @Operation({
    id: 'planConnection',
    summary: 'Say how many calls a backfill takes and when it ends',
    description:
      'Asks the source for its partitions and, where the connector can tell, for the calls that ' +
      'are left, per method with its limit. Nothing is synced. Progress of later runs is ' +
      'reckoned by it where the number of documents is not known.',
    answer: PlanAnswer,
    errors: [...SOURCE_ERRORS, 'provider_not_found'],
  })
  plan(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<PlanAnswer> {
    return this.plans.plan(tenant, id);
  }
}
