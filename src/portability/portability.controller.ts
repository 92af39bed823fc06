import { Readable } from 'node:stream';
import { Body, Controller, Get, Post, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../auth/access.js';
import { CurrentTenant } from '../auth/current.js';
import { BodyLimit } from '../common/http/body.interceptor.js';
import { Operation } from '../common/http/operation.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';
import {
  AccountExport,
  ImportAnswer,
  ImportMemories,
  type ImportMemoriesBody,
} from './portability.schema.js';

const IMPORT_BODY = 100 * 1024 * 1024;

@ApiTags('portability')
@Controller('v1/memory/admin')
export class PortabilityController {
  constructor(
    private readonly exports: ExportService,
    private readonly imports: ImportService,
  ) {}

  @Get('export')
  @Scopes('admin')
  @Operation({
    id: 'exportAccount',
    summary: 'Export all collections and memories',
    description: 'Streamed: should it break, the connection is cut and the JSON stays unfinished.',
    answer: AccountExport,
  })
  async export(@CurrentTenant() tenant: string): Promise<StreamableFile> {
    const parts = this.exports.export(tenant);
    // The first part is made before the status is sent, so that a busy database still shows.
    const first = await parts.next();
    const text = Readable.from(prepend(first, parts), { objectMode: false });
    return new StreamableFile(text, { type: 'application/json; charset=utf-8' }).setErrorHandler(
      (_error, response) => response.destroy?.(),
    );
  }

  @Post('import')
  @Scopes('admin')
  @BodyLimit(IMPORT_BODY)
  @Operation({
    id: 'importMemories',
    summary: 'Import memories, e.g. from an export',
    description:
      'At most 100 MB. Texts are embedded again and get new ids; a repeated import adds nothing. ' +
      'Superseded memories come back archived.',
    answer: ImportAnswer,
    errors: ['body_too_large', 'embedder_unavailable'],
  })
  import(
    @CurrentTenant() tenant: string,
    @Body({ schema: ImportMemories }) body: ImportMemoriesBody,
  ): Promise<ImportAnswer> {
    return this.imports.import(tenant, body);
  }
}

async function* prepend(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (!first.done) yield first.value;
  yield* rest;
}
