import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scopes } from '../auth/access.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import { requireCollectionAccess } from '../auth/permissions.js';
import { CollectionName } from '../collections/collection-name.schema.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { BodyLimit, BULK_BODY } from '../common/http/body.interceptor.js';
import { EmptyAnswer } from '../common/http/empty-answer.schema.js';
import { Id } from '../common/http/id.schema.js';
import { RepeatSeed } from '../common/http/idempotency/repeat-seed.js';
import { Operation } from '../common/http/operation.js';
import type { Page } from '../common/http/paging.js';
import { EMBEDDING_ERRORS } from '../inference/embedding-errors.js';
import {
  ArchiveMemory,
  CreatedMemories,
  CreateMemories,
  CreateMemory,
  ListMemories,
  MemoryAnswer,
  MovedMemory,
  MoveMemory,
  PinMemory,
  UpdateMemory,
  type ArchiveMemoryBody,
  type CreateMemoryBody,
  type ListMemoriesQuery,
  type MoveMemoryBody,
  type PinMemoryBody,
  type UpdateMemoryBody,
} from './memories.schema.js';
import { MemoriesService } from './memories.service.js';
import { MoveService } from './move.service.js';
import { RemovalService } from './removal.service.js';

const Name = { schema: CollectionName };

@ApiTags('memories')
@Controller('v1/memory/collections/:collection/memories')
export class MemoriesController {
  constructor(
    private readonly memories: MemoriesService,
    private readonly moves: MoveService,
    private readonly removal: RemovalService,
  ) {}

  @Post()
  @Scopes('memory:write')
  @Operation({
    id: 'addMemory',
    summary: 'Add a memory',
    description:
      'The text is stored as it is. The collection is created if there is none; 404 tells that it ' +
      'was deleted meanwhile.',
    status: 201,
    answer: MemoryAnswer,
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'index_behind'],
  })
  create(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Body({ schema: CreateMemory }) body: CreateMemoryBody,
    @RepeatSeed() seed: string | undefined,
  ): Promise<MemoryAnswer> {
    return this.memories.create(tenant, collection, body, seed);
  }

  @Post('bulk')
  @Scopes('memory:write')
  @BodyLimit(BULK_BODY)
  @Operation({
    id: 'addMemories',
    summary: 'Add up to 100 memories',
    description:
      'The body is a bare array of at most 8 MB. One wrong item refuses all of them. An embedded ' +
      'database stores 25 at a time: when the disk fills up on the way, some are stored although ' +
      'the answer is 503; sent again with the same Idempotency-Key, none is stored twice.',
    answer: CreatedMemories,
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'index_behind'],
  })
  createMany(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Body({ schema: CreateMemories }) body: CreateMemoryBody[],
    @RepeatSeed() seed: string | undefined,
  ): Promise<CreatedMemories> {
    return this.memories.createMany(tenant, collection, body, seed);
  }

  @Get()
  @Scopes('memory:read')
  @Operation({
    id: 'listMemories',
    summary: 'List memories, pinned first, then newest',
    answer: z.array(MemoryAnswer),
    errors: ['collection_not_found', 'bad_cursor'],
  })
  list(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Query({ schema: ListMemories }) query: ListMemoriesQuery,
  ): Promise<Page<MemoryAnswer>> {
    return this.memories.list(tenant, collection, query);
  }

  @Get(':id')
  @Scopes('memory:read')
  @Operation({
    id: 'getMemory',
    summary: 'Get a memory, also an archived or superseded one',
    answer: MemoryAnswer,
    errors: ['collection_not_found', 'memory_not_found'],
  })
  get(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<MemoryAnswer> {
    return this.memories.get(tenant, collection, id);
  }

  @Patch(':id')
  @Scopes('memory:write')
  @Operation({
    id: 'updateMemory',
    summary: 'Change a memory',
    description:
      'Only what is sent changes. Of a synced memory importance and category may change (and pin and ' +
      'archive); its text and metadata belong to its source.',
    answer: MemoryAnswer,
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'memory_not_found', 'memory_is_synced'],
  })
  update(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: UpdateMemory }) body: UpdateMemoryBody,
  ): Promise<MemoryAnswer> {
    return this.memories.update(tenant, collection, id, body);
  }

  @Delete(':id')
  @Scopes('memory:write')
  @Operation({
    id: 'deleteMemory',
    summary: 'Delete a memory',
    description: 'A deleted synced memory stays away in later syncs.',
    answer: EmptyAnswer,
    errors: ['collection_not_found', 'memory_not_found'],
  })
  async delete(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<EmptyAnswer> {
    await this.removal.remove(tenant, collection, id);
    return {};
  }

  @Post(':id/move')
  @Scopes('memory:write')
  @Operation({
    id: 'moveMemory',
    summary: 'Move a memory to another collection',
    description: 'The id stays. Synced memories stay where their connection writes to.',
    answer: MovedMemory,
    errors: [...EMBEDDING_ERRORS, 'collection_not_found', 'memory_not_found', 'memory_is_synced'],
  })
  move(
    @CurrentKey() key: ApiKeyIdentity,
    @Param('collection', Name) collection: string,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: MoveMemory }) body: MoveMemoryBody,
  ): Promise<MovedMemory> {
    requireCollectionAccess(key, body.to_collection);
    return this.moves.move(key.tenant, collection, id, body.to_collection);
  }

  @Post(':id/pin')
  @Scopes('memory:write')
  @Operation({
    id: 'pinMemory',
    summary: 'Pin a memory, or take the pin off',
    answer: MemoryAnswer,
    errors: ['collection_not_found', 'memory_not_found'],
  })
  pin(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: PinMemory }) body: PinMemoryBody,
  ): Promise<MemoryAnswer> {
    return this.memories.setPinned(tenant, collection, id, body.pinned);
  }

  @Post(':id/archive')
  @Scopes('memory:write')
  @Operation({
    id: 'archiveMemory',
    summary: 'Archive a memory, or bring it back',
    description: 'Archived memories show in lists with `include_archived` only.',
    answer: MemoryAnswer,
    errors: ['collection_not_found', 'memory_not_found'],
  })
  archive(
    @CurrentTenant() tenant: string,
    @Param('collection', Name) collection: string,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: ArchiveMemory }) body: ArchiveMemoryBody,
  ): Promise<MemoryAnswer> {
    return this.memories.setArchived(tenant, collection, id, body.archived);
  }
}
