import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scopes } from '../auth/access.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { EmptyAnswer } from '../common/http/empty-answer.schema.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import { CREDENTIAL_ERRORS } from '../credentials/credential-errors.js';
import { ConnectionDeletionService } from './connection-deletion.service.js';
import {
  ConnectionAnswer,
  CreateConnection,
  CreatedConnectionAnswer,
  DeleteConnection,
  ProbeAnswer,
  UpdateConnection,
  type CreateConnectionBody,
  type DeleteConnectionQuery,
  type UpdateConnectionBody,
} from './connections.schema.js';
import { ConnectionsService } from './connections.service.js';
import { SOURCE_ERRORS } from './source-errors.js';

@ApiTags('connections')
@Controller('v1/memory/connections')
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly deletion: ConnectionDeletionService,
  ) {}

  @Post()
  @Scopes('admin')
  @Operation({
    id: 'createConnection',
    summary: 'Attach an account of a source',
    description: 'The source is asked first; nothing is stored when a check fails.',
    status: 201,
    answer: CreatedConnectionAnswer,
    errors: [...SOURCE_ERRORS, ...CREDENTIAL_ERRORS, 'provider_not_found', 'connection_exists'],
  })
  create(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Body({ schema: CreateConnection }) body: CreateConnectionBody,
  ): Promise<CreatedConnectionAnswer> {
    return this.connections.create(tenant, by, body);
  }

  @Get()
  @Scopes('memory:read')
  @Operation({
    id: 'listConnections',
    summary: 'List the connections, oldest first',
    answer: z.array(ConnectionAnswer),
  })
  list(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
  ): Promise<ConnectionAnswer[]> {
    return this.connections.list(tenant, by.collection);
  }

  @Get(':id')
  @Scopes('memory:read')
  @Operation({
    id: 'getConnection',
    summary: 'Show a connection',
    answer: ConnectionAnswer,
    errors: ['connection_not_found'],
  })
  get(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<ConnectionAnswer> {
    return this.connections.get(tenant, id);
  }

  @Patch(':id')
  @Scopes('admin')
  @Operation({
    id: 'updateConnection',
    summary: 'Change name, configuration, credentials or schedule',
    description:
      'New configuration and credentials are tried at the source first and must lead to the same ' +
      'account. Credentials that work heal `needs_auth`; cursors and data are kept.',
    answer: ConnectionAnswer,
    errors: [...SOURCE_ERRORS, ...CREDENTIAL_ERRORS],
  })
  update(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: UpdateConnection }) body: UpdateConnectionBody,
  ): Promise<ConnectionAnswer> {
    return this.connections.update(tenant, by, id, body);
  }

  @Delete(':id')
  @Scopes('admin')
  @Operation({
    id: 'deleteConnection',
    summary: 'Detach an account; its memories stay unless purge=true',
    answer: EmptyAnswer,
    errors: ['connection_not_found', 'connection_busy', 'index_behind'],
  })
  async delete(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: DeleteConnection }) query: DeleteConnectionQuery,
  ): Promise<EmptyAnswer> {
    await this.deletion.delete(tenant, by, id, query.purge);
    return {};
  }

  @Post(':id/pause')
  @Scopes('admin')
  @Operation({
    id: 'pauseConnection',
    summary: 'Stop syncing; what is synced stays searchable',
    answer: ConnectionAnswer,
    errors: ['connection_not_found'],
  })
  pause(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<ConnectionAnswer> {
    return this.connections.pause(tenant, by, id);
  }

  @Post(':id/resume')
  @Scopes('admin')
  @Operation({
    id: 'resumeConnection',
    summary: 'Sync again after a pause or an error',
    answer: ConnectionAnswer,
    errors: ['connection_not_found'],
  })
  resume(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<ConnectionAnswer> {
    return this.connections.resume(tenant, by, id);
  }

  @Post(':id/probe')
  @Scopes('memory:read')
  @Operation({
    id: 'probeConnection',
    summary: 'Ask the source whether everything that a sync needs works',
    answer: ProbeAnswer,
    errors: [...SOURCE_ERRORS, ...CREDENTIAL_ERRORS],
  })
  probe(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<ProbeAnswer> {
    return this.connections.probe(tenant, id);
  }
}
