import { Module } from '@nestjs/common';
import { HttpModule } from '../common/http/http.module.js';
import { RequestLogController } from './request-log.controller.js';
import { RequestLogRepository } from './request-log.repository.js';
import { RequestLogService } from './request-log.service.js';
import { RunEvents } from './run-events.js';
import { RunExplainRepository } from './run-explain.repository.js';
import { RunExplainService } from './run-explain.service.js';
import { RunQueue } from './run-queue.js';
import { RunWakeup } from './run-wakeup.js';
import { RunsController } from './runs.controller.js';
import { RunsRepository } from './runs.repository.js';
import { RunsService } from './runs.service.js';

/** The runs table: queue for the workers, history for people. */
@Module({
  imports: [HttpModule],
  controllers: [RunsController, RequestLogController],
  providers: [
    RunsService,
    RunsRepository,
    RequestLogService,
    RequestLogRepository,
    RunEvents,
    RunExplainService,
    RunExplainRepository,
    RunQueue,
    RunWakeup,
  ],
  exports: [RunsService, RequestLogService, RunQueue, RunWakeup],
})
export class RunsModule {}
