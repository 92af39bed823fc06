import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { EmptyAnswer } from '../common/http/empty-answer.schema.js';
import { Id } from '../common/http/id.schema.js';
import { SecretAnswer } from '../common/http/idempotency/idempotency.interceptor.js';
import { Operation } from '../common/http/operation.js';
import type { Page } from '../common/http/paging.js';
import { Scopes } from './access.js';
import {
  ApiKeyAnswer,
  CreateApiKey,
  CreatedApiKey,
  ListApiKeys,
  type CreateApiKeyBody,
  type ListApiKeysQuery,
} from './api-keys.schema.js';
import { ApiKeysService } from './api-keys.service.js';
import { CurrentKey, CurrentTenant } from './current.js';

@ApiTags('api-keys')
@Controller('v1/memory/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @Scopes('admin')
  @SecretAnswer()
  @Operation({
    id: 'createApiKey',
    summary: 'Create an API key',
    description: 'The key is in this answer and nowhere else afterwards.',
    status: 201,
    answer: CreatedApiKey,
  })
  create(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Body({ schema: CreateApiKey }) body: CreateApiKeyBody,
  ): Promise<CreatedApiKey> {
    return this.keys.create(tenant, by, body);
  }

  @Get()
  @Scopes('admin')
  @Operation({
    id: 'listApiKeys',
    summary: 'List the API keys, newest first',
    answer: z.array(ApiKeyAnswer),
    errors: ['bad_cursor'],
  })
  list(
    @CurrentTenant() tenant: string,
    @Query({ schema: ListApiKeys }) query: ListApiKeysQuery,
  ): Promise<Page<ApiKeyAnswer>> {
    return this.keys.list(tenant, query);
  }

  @Delete(':id')
  @Scopes('admin')
  @Operation({
    id: 'revokeApiKey',
    summary: 'Revoke an API key',
    description: 'Takes effect at once here, and within two seconds in other API processes.',
    answer: EmptyAnswer,
    errors: ['api_key_not_found'],
  })
  async revoke(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<EmptyAnswer> {
    await this.keys.revoke(tenant, by, id);
    return {};
  }
}
