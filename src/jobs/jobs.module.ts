import { Module } from '@nestjs/common';
import { HttpModule } from '../common/http/http.module.js';
import { JobBell } from './job-bell.js';
import { JobHandlers } from './job-handlers.js';
import { JobsController } from './jobs.controller.js';
import { JobsRepository } from './jobs.repository.js';
import { JobsService } from './jobs.service.js';
import { JobsWorker } from './jobs.worker.js';

/** Background jobs: features register a handler with JobHandlers and enqueue with JobsService. */
@Module({
  imports: [HttpModule],
  controllers: [JobsController],
  providers: [JobBell, JobHandlers, JobsRepository, JobsService, JobsWorker],
  exports: [JobHandlers, JobsService],
})
export class JobsModule {}
