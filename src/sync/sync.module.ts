import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { ExtractModule } from '../extract/extract.module.js';
import { IndexingModule } from '../indexing/indexing.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SourceCallsModule } from './calls/source-calls.module.js';
import { Deletions } from './deletions/deletions.js';
import { HeldDeletionsController } from './deletions/held-deletions.controller.js';
import { HeldDeletionsService } from './deletions/held-deletions.service.js';
import { SuppressionsRepository } from './deletions/suppressions.repository.js';
import { Suspects } from './deletions/suspects.js';
import { DryRunReader } from './dry-run/dry-run-reader.js';
import { DryRunController } from './dry-run/dry-run.controller.js';
import { DryRunService } from './dry-run/dry-run.service.js';
import { CheckpointsRepository } from './engine/checkpoints.repository.js';
import { LaneListings } from './engine/lane-listings.js';
import { LedgerRepository } from './engine/ledger.repository.js';
import { RunClosing } from './engine/run-closing.js';
import { SyncEngine } from './engine/sync-engine.js';
import { SyncRunFactory } from './engine/sync-run.factory.js';
import { FailuresController } from './failures/failures.controller.js';
import { FailuresRepository } from './failures/failures.repository.js';
import { FailuresService } from './failures/failures.service.js';
import { ContentChanges } from './pages/content-changes.js';
import { DocumentReader } from './pages/document-reader.js';
import { NewIds } from './pages/new-ids.js';
import { PageCommit } from './pages/page-commit.js';
import { PageJudge } from './pages/page-judge.js';
import { PageWriter } from './pages/page-writer.js';
import { RemovedMeanwhile } from './pages/removed-meanwhile.js';
import { PendingRefs } from './pending-refs/pending-refs.js';
import { PendingRefsRepository } from './pending-refs/pending-refs.repository.js';
import { RefReader } from './pending-refs/ref-reader.js';
import { RunExecutor } from './worker/run-executor.js';
import { RunReaper } from './worker/run-reaper.js';
import { SyncWorker } from './worker/sync-worker.js';

/** Runs connectors: the worker claims runs, the engine works on them. */
@Module({
  imports: [
    AuthModule,
    ConnectionsModule,
    ExtractModule,
    IndexingModule,
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
    LaneListings,
    RunClosing,
    PageWriter,
    PageJudge,
    PageCommit,
    RemovedMeanwhile,
    ContentChanges,
    NewIds,
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
