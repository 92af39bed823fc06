import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module.js';
import { IndexingModule } from '../indexing/indexing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { SearchModule } from '../search/search.module.js';
import { CurationController } from './curation.controller.js';
import { CurationRepository } from './curation.repository.js';
import { CurationService } from './curation.service.js';
import { DedupJob } from './dedup/dedup.job.js';
import { DedupRepository } from './dedup/dedup.repository.js';
import { DedupService } from './dedup/dedup.service.js';
import { NearTexts } from './dedup/near-texts.service.js';
import { ForgetService } from './forget.service.js';
import { MemoriesController } from './memories.controller.js';
import { MemoriesRepository } from './memories.repository.js';
import { MemoriesService } from './memories.service.js';
import { MoveService } from './move.service.js';
import { RemovalService } from './removal.service.js';

/** Memories one by one, and what keeps a collection of them in order. */
@Module({
  imports: [
    CollectionsModule,
    IndexingModule,
    InferenceModule,
    JobsModule,
    RememberModule,
    SearchModule,
  ],
  controllers: [MemoriesController, CurationController],
  providers: [
    CurationRepository,
    CurationService,
    DedupJob,
    DedupRepository,
    DedupService,
    ForgetService,
    MemoriesRepository,
    MemoriesService,
    MoveService,
    NearTexts,
    RemovalService,
  ],
  exports: [
    CurationService,
    DedupService,
    ForgetService,
    MemoriesService,
    MoveService,
    RemovalService,
  ],
})
export class MemoriesModule {}
