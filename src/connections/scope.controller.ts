import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../auth/access.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import {
  ApplyScope,
  PlanScope,
  ScopeAnswer,
  ScopePlanAnswer,
  type ApplyScopeBody,
  type PlanScopeBody,
} from './scope.schema.js';
import { ScopeService } from './scope.service.js';
import { SOURCE_ERRORS } from './source-errors.js';

@ApiTags('connections')
@Controller('v1/memory/connections/:id/scope')
export class ScopeController {
  constructor(private readonly scopes: ScopeService) {}

  @Post('plan')
  @Scopes('admin')
  @Operation({
    id: 'planScope',
    summary: 'Say what another configuration adds and removes',
    description:
      'Asks the source for its partitions under the old and the new configuration. Nothing changes.',
    answer: ScopePlanAnswer,
    errors: SOURCE_ERRORS,
  })
  plan(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: PlanScope }) body: PlanScopeBody,
  ): Promise<ScopePlanAnswer> {
    return this.scopes.plan(tenant, id, body.config);
  }

  @Post('apply')
  @Scopes('admin')
  @Operation({
    id: 'applyScope',
    summary: 'Take on another configuration, as planned',
    description:
      'Documents of partitions that leave are hidden at once and restorable for 7 days; those of ' +
      'partitions that come back within that time are shown again. Neither asks the source for ' +
      'documents or embeds anything. A run that is under way is stopped first, and another one ' +
      'begins.',
    answer: ScopeAnswer,
    errors: [
      ...SOURCE_ERRORS,
      'scope_plan_not_found',
      'scope_plan_outdated',
      'scope_needs_confirmation',
      'connection_busy',
      'index_behind',
    ],
  })
  apply(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: ApplyScope }) body: ApplyScopeBody,
  ): Promise<ScopeAnswer> {
    return this.scopes.apply(tenant, by, id, body);
  }
}
