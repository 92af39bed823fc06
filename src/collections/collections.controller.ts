import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AllowsRestrictedKeys, Scopes } from '../auth/access.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { EmptyAnswer } from '../common/http/empty-answer.schema.js';
import { Operation } from '../common/http/operation.js';
import type { Page } from '../common/http/paging.js';
import { CollectionDeletionService } from './collection-deletion.service.js';
import { CollectionName } from './collection-name.schema.js';
import {
  CollectionAnswer,
  CreateCollection,
  DeleteCollection,
  ListCollections,
  UpdateCollection,
  type CreateCollectionBody,
  type DeleteCollectionQuery,
  type ListCollectionsQuery,
  type UpdateCollectionBody,
} from './collections.schema.js';
import { CollectionsService } from './collections.service.js';

@ApiTags('collections')
@Controller('v1/memory/collections')
export class CollectionsController {
  constructor(
    private readonly collections: CollectionsService,
    private readonly deletion: CollectionDeletionService,
  ) {}

  @Post()
  @Scopes('memory:write')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'createCollection',
    summary: 'Create a collection',
    description: 'Rarely needed: the first write to a collection creates it.',
    status: 201,
    answer: CollectionAnswer,
    errors: ['collection_exists', 'embedder_unavailable'],
  })
  create(
    @CurrentTenant() tenant: string,
    @CurrentKey() key: ApiKeyIdentity,
    @Body({ schema: CreateCollection }) body: CreateCollectionBody,
  ): Promise<CollectionAnswer> {
    requireCollectionAccess(key, body.name);
    return this.collections.create(tenant, body);
  }

  @Get()
  @Scopes('memory:read')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'listCollections',
    summary: 'List the collections by name',
    answer: z.array(CollectionAnswer),
    errors: ['bad_cursor'],
  })
  list(
    @CurrentTenant() tenant: string,
    @CurrentKey() key: ApiKeyIdentity,
    @Query({ schema: ListCollections }) query: ListCollectionsQuery,
  ): Promise<Page<CollectionAnswer>> {
    return this.collections.list(tenant, query, key.collection);
  }

  @Get(':collection')
  @Scopes('memory:read')
  @Operation({
    id: 'getCollection',
    summary: 'Show a collection',
    answer: CollectionAnswer,
    errors: ['collection_not_found'],
  })
  get(
    @CurrentTenant() tenant: string,
    @Param('collection', { schema: CollectionName }) name: string,
  ): Promise<CollectionAnswer> {
    return this.collections.get(tenant, name);
  }

  @Put(':collection')
  @Scopes('memory:write')
  @Operation({
    id: 'updateCollection',
    summary: 'Change name, description or metadata',
    description: 'Only what is sent changes.',
    answer: CollectionAnswer,
    errors: ['collection_not_found', 'collection_exists'],
  })
  update(
    @CurrentTenant() tenant: string,
    @CurrentKey() key: ApiKeyIdentity,
    @Param('collection', { schema: CollectionName }) name: string,
    @Body({ schema: UpdateCollection }) body: UpdateCollectionBody,
  ): Promise<CollectionAnswer> {
    return this.collections.update(tenant, key, name, body);
  }

  @Delete(':collection')
  @Scopes('memory:write')
  @Operation({
    id: 'deleteCollection',
    summary: 'Delete a collection with its memories',
    answer: EmptyAnswer,
    errors: ['collection_not_found', 'collection_has_connections', 'index_behind'],
  })
  async delete(
    @CurrentTenant() tenant: string,
    @CurrentKey() key: ApiKeyIdentity,
    @Param('collection', { schema: CollectionName }) name: string,
    @Query({ schema: DeleteCollection }) query: DeleteCollectionQuery,
  ): Promise<EmptyAnswer> {
    await this.deletion.delete(tenant, key, name, query);
    return {};
  }
}
