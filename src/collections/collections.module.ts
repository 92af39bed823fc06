import { Module } from '@nestjs/common';
import { IndexingModule } from '../indexing/indexing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { CollectionDeletionService } from './collection-deletion.service.js';
import { CollectionsController } from './collections.controller.js';
import { CollectionsRepository } from './collections.repository.js';
import { CollectionsService } from './collections.service.js';
import { EmbeddingSpacesRepository } from './embedding-spaces.repository.js';
import { EmbeddingSpacesService } from './embedding-spaces.service.js';

@Module({
  imports: [IndexingModule, InferenceModule, RunsModule],
  controllers: [CollectionsController],
  providers: [
    CollectionDeletionService,
    CollectionsRepository,
    CollectionsService,
    EmbeddingSpacesRepository,
    EmbeddingSpacesService,
  ],
  exports: [CollectionsService, EmbeddingSpacesService],
})
export class CollectionsModule {}
