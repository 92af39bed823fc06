import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AllowsRestrictedKeys, Scopes } from '../auth/access.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import { CollectionName } from '../collections/collection-name.schema.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Operation } from '../common/http/operation.js';
import { EMBEDDING_ERRORS } from '../inference/embedding-errors.js';
import {
  SearchAllMemories,
  searchedCollections,
  SearchHit,
  SearchMemories,
  toSearchQuery,
  type SearchAllMemoriesBody,
  type SearchMemoriesBody,
} from './search.schema.js';
import { SearchService } from './search.service.js';

@ApiTags('search')
@Controller('v1/memory')
export class SearchController {
  constructor(private readonly searches: SearchService) {}

  @Post('search')
  @Scopes('memory:read')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'searchAllMemories',
    summary: 'Search every collection, or some',
    description:
      'Best first. Collections of different embedding models take turns in the answer. A key ' +
      'that is restricted to one collection searches that one.',
    answer: z.array(SearchHit),
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'index_unavailable'],
  })
  searchAll(
    @CurrentKey() key: ApiKeyIdentity,
    @Body({ schema: SearchAllMemories }) body: SearchAllMemoriesBody,
  ): Promise<SearchHit[]> {
    const query = toSearchQuery(body, searchedCollections(key, body));
    return this.searches.search(key.tenant, query);
  }

  @Post('collections/:collection/search')
  @Scopes('memory:read')
  @Operation({
    id: 'searchMemories',
    summary: 'Search a collection by meaning and words',
    description:
      'Best first. `hybrid` adds the likeness of meaning and BM25 of the words, `vector` and ' +
      '`text` use one of them; `text` embeds nothing. Archived, superseded and expired memories ' +
      'never show.',
    answer: z.array(SearchHit),
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'index_unavailable'],
  })
  search(
    @CurrentTenant() tenant: string,
    @Param('collection', { schema: CollectionName }) collection: string,
    @Body({ schema: SearchMemories }) body: SearchMemoriesBody,
  ): Promise<SearchHit[]> {
    return this.searches.search(tenant, toSearchQuery(body, { collections: [collection] }));
  }
}
