import { Readable } from 'node:stream';
import { Body, Controller, Get, Post, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Scopes } from '../auth/access.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { SpooledBody } from '../common/http/body.interceptor.js';
import { Operation } from '../common/http/operation.js';
import { SpoolFile } from '../common/http/spool-file.js';
import { EMBEDDING_ERRORS } from '../inference/embedding-errors.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';
import { AccountExport, ImportAnswer, ImportMemories } from './portability.schema.js';

const IMPORT_BYTES = 100 * 1024 * 1024;

const IMPORT_DESCRIPTION = `
At most 100 MB, counted unpacked; each memory, each collection and each other field at most 8 MB.
Fields may come in any order. Texts are embedded again and get new ids; superseded memories come
back archived.

All of the body is checked before anything is stored: if it is not JSON, too large or does not match
the schema, nothing is imported. Then memories that are not usable, or whose text the embedding
endpoint refuses, are skipped and listed in \`issues\`. Should the import end early after that (e.g. \`embedder_unavailable\`,
\`database_busy\`), what was stored until then stays. A repeated import adds only what is missing.
`.trim();

/** Spread, since Swagger reads a schema here as it does for parameters, but its type omits it. */
const IMPORT_SCHEMA = { standardSchema: ImportMemories };

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
  async export(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
  ): Promise<StreamableFile> {
    const parts = this.exports.export(tenant, by);
    // The first part is made before the status is sent, so that a busy database still shows.
    const first = await parts.next();
    const text = Readable.from(prepend(first, parts), { objectMode: false });
    return new StreamableFile(text, { type: 'application/json; charset=utf-8' }).setErrorHandler(
      (_error, response) => response.destroy?.(),
    );
  }

  @Post('import')
  @Scopes('admin')
  @SpooledBody(IMPORT_BYTES)
  @ApiBody({ required: true, ...IMPORT_SCHEMA })
  @Operation({
    id: 'importMemories',
    summary: 'Import memories, e.g. from an export',
    description: IMPORT_DESCRIPTION,
    answer: ImportAnswer,
    errors: [...EMBEDDING_ERRORS],
  })
  import(
    @CurrentTenant() tenant: string,
    @CurrentKey() by: ApiKeyIdentity,
    @Body() body: SpoolFile,
  ): Promise<ImportAnswer> {
    return this.imports.import(tenant, by, body);
  }
}

async function* prepend(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (!first.done) yield first.value;
  yield* rest;
}
