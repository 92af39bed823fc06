import { Module } from '@nestjs/common';
import { RateBudgetsRepository } from './rate-budgets.repository.js';
import { RateBudgetsService } from './rate-budgets.service.js';
import { SourceCallsService } from './source-calls.service.js';

/** Calls to sources: budgets that all processes share. Apart from SyncModule, since probes call too. */
@Module({
  providers: [RateBudgetsRepository, RateBudgetsService, SourceCallsService],
  exports: [SourceCallsService],
})
export class SourceCallsModule {}
