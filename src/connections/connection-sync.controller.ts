import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { Scopes } from '../auth/access.js';
import { CurrentTenant } from '../auth/current.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import { CancelAnswer, ListRuns, RunAnswer, type ListRunsQuery } from '../runs/runs.schema.js';
import { ConnectionSyncService } from './connection-sync.service.js';
import {
  SyncAnswer,
  SyncConnection,
  SyncOptions,
  type SyncConnectionBody,
  type SyncOptionsQuery,
} from './connections.schema.js';

@ApiTags('connections')
@Controller('v1/memory/connections')
export class ConnectionSyncController {
  constructor(private readonly syncs: ConnectionSyncService) {}

  @Post(':id/sync')
  @Scopes('memory:write')
  @Operation({
    id: 'syncConnection',
    summary: 'Sync now and wait up to 25 s for the end',
    description:
      'A run that failed answers 200 with status "error", because a 5xx would be retried. ' +
      '`?wait=false` answers 202 at once.',
    answer: SyncAnswer,
    errors: ['connection_not_found', 'connection_paused', 'partition_not_found', 'connection_busy'],
  })
  async sync(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: SyncConnection.default({ full: false }) }) body: SyncConnectionBody,
    @Query({ schema: SyncOptions }) query: SyncOptionsQuery,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SyncAnswer> {
    if (!query.wait) response.status(202);
    return this.syncs.sync(tenant, id, body, query.wait);
  }

  @Post(':id/cancel')
  @Scopes('memory:write')
  @Operation({
    id: 'cancelConnection',
    summary: 'Stop the active run; what is committed stays',
    description: 'The schedule goes on. `POST /pause` stops the run and the schedule.',
    answer: CancelAnswer,
    errors: ['connection_not_found', 'run_finished'],
  })
  cancel(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<CancelAnswer> {
    return this.syncs.cancel(tenant, id);
  }

  @Get(':id/runs')
  @Scopes('memory:read')
  @Operation({
    id: 'listRuns',
    summary: 'List the runs of a connection, newest first',
    answer: z.array(RunAnswer),
    errors: ['connection_not_found'],
  })
  history(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: ListRuns }) query: ListRunsQuery,
  ): Promise<RunAnswer[]> {
    return this.syncs.history(tenant, id, query.limit);
  }
}
