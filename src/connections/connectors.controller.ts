import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Scopes } from '../auth/access.js';
import { Operation } from '../common/http/operation.js';
import { ConnectionSetupService } from './connection-setup.service.js';
import { ConnectorAnswer } from './connections.schema.js';

@ApiTags('connections')
@Controller('v1/memory/connectors')
export class ConnectorsController {
  constructor(private readonly setup: ConnectionSetupService) {}

  @Get()
  @Scopes('memory:read')
  @Operation({
    id: 'listConnectors',
    summary: 'List the kinds of sources with the schemas of their settings',
    answer: z.array(ConnectorAnswer),
  })
  list(): ConnectorAnswer[] {
    return this.setup.catalogue();
  }
}
