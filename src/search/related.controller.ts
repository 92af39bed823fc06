import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scopes } from '../auth/access.js';
import { CurrentTenant } from '../auth/current.js';
import { CollectionName } from '../collections/collection-name.schema.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import { RelatedMemories, type RelatedMemoriesQuery } from '../memories/memories.schema.js';
import { SearchHit } from './search.schema.js';
import { SearchService } from './search.service.js';

@ApiTags('search')
@Controller('v1/memory/collections/:collection/memories/:id/related')
export class RelatedController {
  constructor(private readonly searches: SearchService) {}

  @Get()
  @Scopes('memory:read')
  @Operation({
    id: 'relatedMemories',
    summary: 'Find the memories that are most like one',
    description: 'Without itself, archived, superseded and expired ones.',
    answer: z.array(SearchHit),
    errors: ['collection_not_found', 'index_unavailable', 'memory_not_found'],
  })
  related(
    @CurrentTenant() tenant: string,
    @Param('collection', { schema: CollectionName }) collection: string,
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: RelatedMemories }) query: RelatedMemoriesQuery,
  ): Promise<SearchHit[]> {
    const { limit, min_score: minScore } = query;
    return this.searches.related(tenant, collection, id, { limit, minScore });
  }
}
