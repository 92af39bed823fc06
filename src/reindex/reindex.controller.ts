import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Scopes } from '../auth/access.js';
import { CurrentKey } from '../auth/current.js';
import { requireScope } from '../auth/permissions.js';
import { CollectionName } from '../collections/collection-name.schema.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Operation } from '../common/http/operation.js';
import { ReindexAnswer, ReindexCollection, type ReindexCollectionBody } from './reindex.schema.js';
import { ReindexService } from './reindex.service.js';

@ApiTags('collections')
@Controller('v1/memory/collections/:collection/reindex')
export class ReindexController {
  constructor(private readonly reindexes: ReindexService) {}

  @Post()
  @Scopes('memory:read')
  @Operation({
    id: 'reindexCollection',
    summary: 'Embed all memories of a collection again, with its model or another one',
    description:
      'Searches and writes go on. With another `model` its vectors are made beside the old ones ' +
      'and take over when none is missing. Answers 202 with a job, whose `progress` tells how far ' +
      'it is; a dry run answers 200. Without `dry_run` the key needs `memory:write`.',
    status: 202,
    answer: ReindexAnswer,
    errors: [
      'collection_not_found',
      'embedder_unavailable',
      'embedding_model_differs',
      'model_not_configured',
      'reindex_under_way',
    ],
  })
  async start(
    @CurrentKey() key: ApiKeyIdentity,
    @Param('collection', { schema: CollectionName }) collection: string,
    @Body({ schema: ReindexCollection }) body: ReindexCollectionBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ReindexAnswer> {
    if (!body.dry_run) {
      requireScope(key, 'memory:write');
      return this.reindexes.start(key.tenant, key, collection, body.model);
    }
    response.status(200);
    return this.reindexes.plan(key.tenant, collection, body.model);
  }
}
