import { Module } from '@nestjs/common';
import { HttpModule } from '../common/http/http.module.js';
import { IndexingModule } from '../indexing/indexing.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { RetentionRepository } from './retention.repository.js';
import { RetentionService } from './retention.service.js';
import { SchedulerRepository } from './scheduler.repository.js';
import { SchedulerService } from './scheduler.service.js';

/** Queues runs of connections that are due, and removes what is past its grace time. */
@Module({
  imports: [HttpModule, IndexingModule, RememberModule, RunsModule],
  providers: [SchedulerService, SchedulerRepository, RetentionService, RetentionRepository],
})
export class SchedulerModule {}
