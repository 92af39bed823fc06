import { Module } from '@nestjs/common';
import { IndexingModule } from '../indexing/indexing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { ContextController } from './context/context.controller.js';
import { ContextService } from './context/context.service.js';
import { RelatedController } from './related.controller.js';
import { SearchController } from './search.controller.js';
import { SearchRepository } from './search.repository.js';
import { SearchService } from './search.service.js';
import { SpaceSearch } from './space-search.js';

/** Finds memories. */
@Module({
  imports: [IndexingModule, InferenceModule],
  controllers: [ContextController, RelatedController, SearchController],
  providers: [ContextService, SearchRepository, SearchService, SpaceSearch],
  exports: [SearchService],
})
export class SearchModule {}
