import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../auth/access.js';
import { Operation } from '../common/http/operation.js';
import { CheckIndex, IndexCheck, type CheckIndexBody } from './index-check.schema.js';
import { IndexCheckService } from './index-check.service.js';

@ApiTags('operator')
@OperatorOnly()
@Controller('v1/memory/admin/index/check')
export class IndexCheckController {
  constructor(private readonly checks: IndexCheckService) {}

  @Post()
  @Operation({
    id: 'checkIndex',
    summary: 'Compare rows with vectors, words, statistics and points, and mend what differs',
    description:
      'Works for a few seconds; send the `cursor` of the answer to go on until it is null. What ' +
      '`tributary doctor` and `doctor --repair` do.',
    answer: IndexCheck,
    errors: ['bad_cursor', 'embedder_unavailable', 'index_behind', 'index_unavailable'],
  })
  check(@Body({ schema: CheckIndex }) body: CheckIndexBody): Promise<IndexCheck> {
    return this.checks.check('operator', body);
  }
}
