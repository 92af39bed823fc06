import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../../auth/access.js';
import { CurrentKey } from '../../auth/current.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { Operation } from '../../common/http/operation.js';
import { IndexState } from '../../indexing/index-admin.schema.js';
import { IndexAdminService } from '../../indexing/index-admin.service.js';
import { CheckIndex, IndexCheck, type CheckIndexBody } from '../../reindex/index-check.schema.js';
import { IndexCheckService } from '../../reindex/index-check.service.js';
import { LocalAccessService } from './local-access.service.js';

/** The index of embedded mode, for the command line of its machine, without an operator key. */
@ApiTags('admin')
@Controller('v1/memory/admin/local-index')
export class LocalIndexController {
  constructor(
    private readonly access: LocalAccessService,
    private readonly admin: IndexAdminService,
    private readonly checks: IndexCheckService,
  ) {}

  @Get()
  @Scopes('admin')
  @Operation({
    id: 'getLocalIndex',
    summary: 'For "tributary reindex": what the operator sees of the index',
    answer: IndexState,
  })
  get(@CurrentKey() by: ApiKeyIdentity): Promise<IndexState> {
    this.access.requireLocal(by);
    return this.admin.state();
  }

  @Post('rebuild')
  @Scopes('admin')
  @Operation({
    id: 'rebuildLocalIndex',
    summary: 'For "tributary reindex": build the index anew',
    status: 202,
    answer: IndexState,
    errors: ['index_unavailable'],
  })
  rebuild(@CurrentKey() by: ApiKeyIdentity): Promise<IndexState> {
    this.access.requireLocal(by);
    return this.admin.rebuild(`key:${by.id}`);
  }

  @Post('check')
  @Scopes('admin')
  @Operation({
    id: 'checkLocalIndex',
    summary: 'For "tributary doctor": look for drift and mend it',
    answer: IndexCheck,
    errors: ['bad_cursor', 'embedder_unavailable', 'index_unavailable'],
  })
  check(
    @CurrentKey() by: ApiKeyIdentity,
    @Body({ schema: CheckIndex }) body: CheckIndexBody,
  ): Promise<IndexCheck> {
    this.access.requireLocal(by);
    return this.checks.check(`key:${by.id}`, body);
  }
}
