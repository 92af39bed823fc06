import { Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { AllowsRestrictedKeys, Scopes } from '../auth/access.js';
import { CurrentKey } from '../auth/current.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Id } from '../common/http/id.schema.js';
import { Operation } from '../common/http/operation.js';
import type { Page } from '../common/http/paging.js';
import {
  DocumentExplanation,
  ExplainDocument,
  type ExplainDocumentQuery,
} from './document-explain.schema.js';
import { DocumentExplainService } from './document-explain.service.js';
import {
  DeleteDocument,
  DeletedDocument,
  DocumentAnswer,
  DocumentDetailAnswer,
  ListDocuments,
  type DeleteDocumentQuery,
  type ListDocumentsQuery,
} from './documents.schema.js';
import { DocumentsService } from './documents.service.js';
import { SOURCE_ERRORS } from '../connections/source-errors.js';

@ApiTags('documents')
@Controller('v1/memory/documents')
export class DocumentsController {
  constructor(
    private readonly documents: DocumentsService,
    private readonly explanations: DocumentExplainService,
  ) {}

  @Get()
  @Scopes('memory:read')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'listDocuments',
    summary: 'List synced documents, newest first',
    answer: z.array(DocumentAnswer),
    errors: ['bad_cursor'],
  })
  list(
    @CurrentKey() by: ApiKeyIdentity,
    @Query({ schema: ListDocuments }) query: ListDocumentsQuery,
  ): Promise<Page<DocumentAnswer>> {
    return this.documents.list(by, query);
  }

  @Get('explain')
  @Scopes('memory:read')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'explainDocument',
    summary: 'Say why a document is, or is not, in the index',
    description:
      'By its address or by its id at the source. Looks wherever a document can be noted: the ' +
      'index, what was hidden, failures, removals, partitions and the last run; with `ask` the ' +
      'source as well.',
    answer: DocumentExplanation,
    errors: [...SOURCE_ERRORS],
  })
  explain(
    @CurrentKey() by: ApiKeyIdentity,
    @Query({ schema: ExplainDocument }) query: ExplainDocumentQuery,
  ): Promise<DocumentExplanation> {
    return this.explanations.explain(by, query);
  }

  @Get(':id')
  @Scopes('memory:read')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'getDocument',
    summary: 'Show a document with the ids of its memories',
    answer: DocumentDetailAnswer,
    errors: ['document_not_found'],
  })
  get(
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<DocumentDetailAnswer> {
    return this.documents.get(by, id);
  }

  @Delete(':id')
  @Scopes('memory:write')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'deleteDocument',
    summary: 'Take a document out of the index for good',
    description:
      'It is hidden at once and every later sync leaves it out. For 7 days it can be restored, ' +
      'unless `purge=true` removes what is stored of it now.',
    answer: DeletedDocument,
    errors: ['document_not_found'],
  })
  delete(
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: DeleteDocument }) query: DeleteDocumentQuery,
  ): Promise<DeletedDocument> {
    return this.documents.delete(by, id, query.purge);
  }

  @Post(':id/restore')
  @Scopes('memory:write')
  @AllowsRestrictedKeys()
  @Operation({
    id: 'restoreDocument',
    summary: 'Show a deleted document again',
    description:
      'Nothing is fetched or embedded. Syncs keep it up to date again as soon as its source lists ' +
      'it; one that its source does not list stays (`kept`) until it is deleted here, or the source ' +
      'says that it is deleted.',
    answer: DocumentDetailAnswer,
    errors: ['document_not_found', 'document_not_deleted'],
  })
  restore(
    @CurrentKey() by: ApiKeyIdentity,
    @Param('id', { schema: Id }) id: string,
  ): Promise<DocumentDetailAnswer> {
    return this.documents.restore(by, id);
  }
}
