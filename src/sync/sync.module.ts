import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { ExtractModule } from '../extract/extract.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { CheckpointsRepository } from './checkpoints.repository.js';
import { ContentChanges } from './content-changes.js';
import { Deletions } from './deletions.js';
import { DocumentReader } from './document-reader.js';
import { DryRunReader } from './dry-run-reader.js';
import { DryRunController } from './dry-run.controller.js';
import { DryRunService } from './dry-run.service.js';
import { FailuresController } from './failures.controller.js';
import { FailuresRepository } from './failures.repository.js';
import { FailuresService } from './failures.service.js';
import { HeldDeletionsController } from './held-deletions.controller.js';
import { HeldDeletionsService } from './held-deletions.service.js';
import { LedgerRepository } from './ledger.repository.js';
import { PageCommit } from './page-commit.js';
import { PageJudge } from './page-judge.js';
import { PageWriter } from './page-writer.js';
import { PendingRefs } from './pending-refs.js';
import { PendingRefsRepository } from './pending-refs.repository.js';
import { RefReader } from './ref-reader.js';
import { RunExecutor } from './run-executor.js';
import { RunReaper } from './run-reaper.js';
import { SourceCallsModule } from './source-calls.module.js';
import { SuppressionsRepository } from './suppressions.repository.js';
import { Suspects } from './suspects.js';
import { SyncEngine } from './sync-engine.js';
import { SyncRunFactory } from './sync-run.factory.js';
import { SyncWorker } from './sync-worker.js';

/** Runs connectors: the worker claims runs, the engine works on them. */
@Module({
  imports: [
    AuthModule,
    ConnectionsModule,
    ExtractModule,
    InferenceModule,
    RememberModule,
    RunsModule,
    SourceCallsModule,
  ],
  controllers: [DryRunController, FailuresController, HeldDeletionsController],
  providers: [
    SyncWorker,
    RunExecutor,
    RunReaper,
    SyncRunFactory,
    SyncEngine,
    PageWriter,
    PageJudge,
    PageCommit,
    ContentChanges,
    DocumentReader,
    DryRunReader,
    DryRunService,
    PendingRefs,
    RefReader,
    Deletions,
    Suspects,
    FailuresService,
    HeldDeletionsService,
    LedgerRepository,
    CheckpointsRepository,
    FailuresRepository,
    SuppressionsRepository,
    PendingRefsRepository,
  ],
})
export class SyncModule {}
