import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../../auth/access.js';
import { CurrentTenant } from '../../auth/current.js';
import { Id } from '../../common/http/id.schema.js';
import { Operation } from '../../common/http/operation.js';
import { DryRun, DryRunAnswer, type DryRunBody } from './dry-run.schema.js';
import { DryRunService } from './dry-run.service.js';

@ApiTags('connections')
@Controller('v1/memory/connections/:id/dry-run')
export class DryRunController {
  constructor(private readonly dryRuns: DryRunService) {}

  @Post()
  @Scopes('memory:read')
  @Operation({
    id: 'dryRunConnection',
    summary: 'Say what a sync would do with the documents of one partition',
    description:
      'Lists and reads up to `limit` documents as a first sync would, each lane from its start, ' +
      'compares them with what is stored, and writes nothing.',
    answer: DryRunAnswer,
    errors: [
      'connection_not_found',
      'invalid_config',
      'partition_not_found',
      'path_not_allowed',
      'probe_failed',
      'source_unavailable',
      'provider_not_found',
    ],
  })
  dryRun(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: DryRun }) body: DryRunBody,
  ): Promise<DryRunAnswer> {
    return this.dryRuns.dryRun(tenant, id, body);
  }
}
