import { Module } from '@nestjs/common';
import { RunQueue } from './run-queue.js';
import { RunWakeup } from './run-wakeup.js';
import { RunsController } from './runs.controller.js';
import { RunsRepository } from './runs.repository.js';
import { RunsService } from './runs.service.js';

/** The runs table: queue for the workers, history for people. */
@Module({
  controllers: [RunsController],
  providers: [RunsService, RunsRepository, RunQueue, RunWakeup],
  exports: [RunsService, RunQueue, RunWakeup],
})
export class RunsModule {}
