import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../auth/access.js';
import { Operation } from '../common/http/operation.js';
import { IndexState } from './index-admin.schema.js';
import { IndexAdminService } from './index-admin.service.js';

@ApiTags('operator')
@OperatorOnly()
@Controller('v1/memory/admin/index')
export class IndexAdminController {
  constructor(private readonly admin: IndexAdminService) {}

  @Get()
  @Operation({
    id: 'getIndex',
    summary: 'Show the vector index: spaces, rebuilds, what waits to be written',
    answer: IndexState,
  })
  get(): Promise<IndexState> {
    return this.admin.state();
  }

  @Post('rebuild')
  @Operation({
    id: 'rebuildIndex',
    summary: 'Build the whole index anew from the rows, while searches go on in the old one',
    description:
      'In Qdrant every space gets a new collection, which takes over when it is complete; in ' +
      'PostgreSQL the HNSW indexes are built anew. Nothing is embedded. Ask for its progress with ' +
      'GET. A rebuild that is under way goes on.',
    status: 202,
    answer: IndexState,
    errors: ['index_unavailable'],
  })
  rebuild(): Promise<IndexState> {
    return this.admin.rebuild('operator');
  }
}
