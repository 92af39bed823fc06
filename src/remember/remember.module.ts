import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module.js';
import { IndexingModule } from '../indexing/indexing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { DocumentLifecycle } from './document-lifecycle.js';
import { DocumentPipeline } from './document-pipeline.js';
import { DocumentRowsRepository } from './document-rows.repository.js';
import { MemoryRowsRepository } from './memory-rows.repository.js';
import { RememberService } from './remember.service.js';
import { StoredTexts } from './stored/stored-texts.js';
import { StoredTextsRepository } from './stored/stored-texts.repository.js';

/** The one pipeline that every way in goes through. */
@Module({
  imports: [CollectionsModule, InferenceModule, IndexingModule],
  providers: [
    RememberService,
    DocumentPipeline,
    DocumentLifecycle,
    DocumentRowsRepository,
    MemoryRowsRepository,
    StoredTexts,
    StoredTextsRepository,
  ],
  exports: [RememberService, DocumentPipeline, DocumentLifecycle, StoredTexts],
})
export class RememberModule {}
