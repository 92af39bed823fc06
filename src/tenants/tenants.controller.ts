import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { OperatorOnly } from '../auth/access.js';
import { SecretAnswer } from '../common/http/idempotency/idempotency.interceptor.js';
import { Operation } from '../common/http/operation.js';
import type { Page } from '../common/http/paging.js';
import {
  CreatedTenant,
  CreateTenant,
  ListTenants,
  TenantAnswer,
  type CreateTenantBody,
  type ListTenantsQuery,
} from './tenants.schema.js';
import { TenantsService } from './tenants.service.js';

@ApiTags('operator')
@OperatorOnly()
@Controller('v1/memory/admin/tenants')
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Post()
  @SecretAnswer()
  @Operation({
    id: 'createTenant',
    summary: 'Create a tenant and its first key',
    status: 201,
    answer: CreatedTenant,
    errors: ['tenant_not_found'],
  })
  create(@Body({ schema: CreateTenant }) body: CreateTenantBody): Promise<CreatedTenant> {
    return this.tenants.create(body);
  }

  @Get()
  @Operation({
    id: 'listTenants',
    summary: 'List the tenants, newest first',
    answer: z.array(TenantAnswer),
    errors: ['bad_cursor'],
  })
  list(@Query({ schema: ListTenants }) query: ListTenantsQuery): Promise<Page<TenantAnswer>> {
    return this.tenants.list(query);
  }
}
