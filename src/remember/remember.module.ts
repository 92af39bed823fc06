import { Module } from '@nestjs/common';
import { IndexingModule } from '../indexing/indexing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { DocumentLifecycle } from './document-lifecycle.js';
import { DocumentPipeline } from './document-pipeline.js';
import { DocumentRowsRepository } from './document-rows.repository.js';
import { MemoryRowsRepository } from './memory-rows.repository.js';
import { RememberService } from './remember.service.js';

/** The one pipeline that every way in goes through. */
@Module({
  imports: [InferenceModule, IndexingModule],
  providers: [
    RememberService,
    DocumentPipeline,
    DocumentLifecycle,
    DocumentRowsRepository,
    MemoryRowsRepository,
  ],
  exports: [RememberService, DocumentPipeline, DocumentLifecycle],
})
export class RememberModule {}
