import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { OperatorOnly } from '../auth/access.js';
import { AuditEntryAnswer, ListAudit, type ListAuditQuery } from '../auth/audit.schema.js';
import { AuditService } from '../auth/audit.service.js';
import { Operation } from '../common/http/operation.js';
import type { Page } from '../common/http/paging.js';
import {
  ConnectorHealth,
  ConnectorHealthQuery,
  ConnectorStatus,
  MemoryHealth,
  MemoryHealthQuery,
  Overview,
  OverviewQuery,
} from './admin.schema.js';
import { AdminService } from './admin.service.js';

@ApiTags('operator')
@OperatorOnly()
@Controller('v1/memory/admin')
export class AdminController {
  constructor(
    private readonly admin: AdminService,
    private readonly audit: AuditService,
  ) {}

  @Get('connector-health')
  @Operation({
    id: 'connectorHealth',
    summary: 'Count runs and errors by provider',
    answer: z.array(ConnectorHealth),
  })
  connectorHealth(
    @Query({ schema: ConnectorHealthQuery }) query: ConnectorHealthQuery,
  ): Promise<ConnectorHealth[]> {
    return this.admin.connectorHealth(query.hours);
  }

  @Get('connector-status')
  @Operation({
    id: 'connectorStatus',
    summary: 'Count connections by status',
    answer: z.array(ConnectorStatus),
  })
  connectorStatus(): Promise<ConnectorStatus[]> {
    return this.admin.connectorStatus();
  }

  @Get('memory-health')
  @Operation({
    id: 'memoryHealth',
    summary: 'Count stale, expired and superseded memories of all tenants',
    description: 'Large tables are counted on a part of their pages and scaled (`estimated`).',
    answer: MemoryHealth,
  })
  memoryHealth(
    @Query({ schema: MemoryHealthQuery }) query: MemoryHealthQuery,
  ): Promise<MemoryHealth> {
    return this.admin.memoryHealth(query);
  }

  @Get('overview')
  @Operation({
    id: 'getOverview',
    summary: 'Show how the installation stands, on one page',
    description: 'Tenants, connections, runs, what needs attention, the outbox and totals.',
    answer: Overview,
  })
  overview(@Query({ schema: OverviewQuery }) query: OverviewQuery): Promise<Overview> {
    return this.admin.overview(query.limit);
  }

  @Get('audit')
  @Operation({
    id: 'listAudit',
    summary: 'List administrative acts, newest first',
    description: 'Of all tenants, or of one. Entries are kept for 400 days.',
    answer: z.array(AuditEntryAnswer),
    errors: ['bad_cursor'],
  })
  list(@Query({ schema: ListAudit }) query: ListAuditQuery): Promise<Page<AuditEntryAnswer>> {
    return this.audit.list(query);
  }
}
