import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module.js';
import { IndexingModule } from '../indexing/indexing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { HttpModule } from '../common/http/http.module.js';
import { CollectionCheck } from './collection-check.js';
import { CollectionReindex } from './collection-reindex.js';
import { IndexCheckController } from './index-check.controller.js';
import { IndexCheckRepository } from './index-check.repository.js';
import { IndexCheckService } from './index-check.service.js';
import { ReindexController } from './reindex.controller.js';
import { ReindexJob } from './reindex.job.js';
import { ReindexRepository } from './reindex.repository.js';
import { ReindexService } from './reindex.service.js';

/** Makes vectors anew, for the same model or another one, while everything goes on. */
@Module({
  imports: [
    CollectionsModule,
    HttpModule,
    IndexingModule,
    InferenceModule,
    JobsModule,
    RememberModule,
  ],
  controllers: [IndexCheckController, ReindexController],
  providers: [
    CollectionCheck,
    CollectionReindex,
    IndexCheckRepository,
    IndexCheckService,
    ReindexJob,
    ReindexRepository,
    ReindexService,
  ],
  exports: [IndexCheckService],
})
export class ReindexModule {}
