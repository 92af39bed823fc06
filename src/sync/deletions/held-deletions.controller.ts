import { Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../../auth/access.js';
import { CurrentKey, CurrentTenant } from '../../auth/current.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { Id } from '../../common/http/id.schema.js';
import { Operation } from '../../common/http/operation.js';
import { SettledAnswer } from './held-deletions.schema.js';
import { HeldDeletionsService } from './held-deletions.service.js';

@ApiTags('connections')
@Controller('v1/memory/connections/:id/deletions')
export class HeldDeletionsController {
  constructor(private readonly held: HeldDeletionsService) {}

  @Post('confirm')
  @Scopes('admin')
  @Operation({
    id: 'confirmDeletions',
    summary: 'Carry out a mass deletion that was held',
    answer: SettledAnswer,
    errors: ['connection_not_found', 'index_behind', 'no_held_deletions'],
  })
  confirm(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<SettledAnswer> {
    return this.held.confirm(tenant, by, id);
  }

  @Post('reject')
  @Scopes('admin')
  @Operation({
    id: 'rejectDeletions',
    summary: 'Keep the documents of a mass deletion that was held',
    answer: SettledAnswer,
    errors: ['connection_not_found', 'index_behind', 'no_held_deletions'],
  })
  reject(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<SettledAnswer> {
    return this.held.reject(tenant, by, id);
  }
}
