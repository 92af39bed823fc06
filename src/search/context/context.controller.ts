import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllowsRestrictedKeys, Scopes } from '../../auth/access.js';
import { CurrentKey } from '../../auth/current.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { Operation } from '../../common/http/operation.js';
import { searchedCollections, toSearchQuery } from '../search.schema.js';
import { EMBEDDING_ERRORS } from '../../inference/embedding-errors.js';
import { ContextAnswer, ContextQuery, type ContextBody } from './context.schema.js';
import { ContextService } from './context.service.js';

@ApiTags('search')
@Controller('v1/memory/context')
export class ContextController {
  constructor(private readonly contexts: ContextService) {}

  @Post()
  @Scopes('memory:read')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'composeContext',
    summary: 'Search, and put what was found into one text for a prompt',
    description: 'Passages numbered by their source, with the list of sources, within a budget.',
    answer: ContextAnswer,
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'index_unavailable'],
  })
  compose(
    @CurrentKey() key: ApiKeyIdentity,
    @Body({ schema: ContextQuery }) body: ContextBody,
  ): Promise<ContextAnswer> {
    const query = toSearchQuery({ ...body, neighbours: 0 }, searchedCollections(key, body));
    return this.contexts.compose(key.tenant, query, body.max_tokens);
  }
}
