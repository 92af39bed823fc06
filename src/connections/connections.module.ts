import { Module } from '@nestjs/common';
import { createRegistry } from '../../connectors/registry.js';
import { AuthModule } from '../auth/auth.module.js';
import { CollectionsModule } from '../collections/collections.module.js';
import { compiled } from '../common/compiled.js';
import { CONFIG, type Config } from '../config/config.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { IndexingModule } from '../indexing/indexing.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SourceCallsModule } from '../sync/calls/source-calls.module.js';
import { ConnectionDeletionService } from './connection-deletion.service.js';
import { ConnectionSetupService } from './connection-setup.service.js';
import { ConnectionSyncController } from './connection-sync.controller.js';
import { ConnectionSyncService } from './connection-sync.service.js';
import { ConnectionsController } from './connections.controller.js';
import { ConnectionsRepository } from './connections.repository.js';
import { ConnectionsService } from './connections.service.js';
import { CONNECTORS } from './connectors.js';
import { ConnectorsController } from './connectors.controller.js';
import { PlanSourceService } from './plan-source.service.js';
import { PlanController } from './plan.controller.js';
import { PlanRepository } from './plan.repository.js';
import { PlanService } from './plan.service.js';
import { ScopeController } from './scope.controller.js';
import { ScopeRepository } from './scope.repository.js';
import { ScopeService } from './scope.service.js';

/** Accounts that tenants have attached, and asking them to sync. */
@Module({
  imports: [
    AuthModule,
    CollectionsModule,
    CredentialsModule,
    IndexingModule,
    RememberModule,
    RunsModule,
    SourceCallsModule,
  ],
  controllers: [
    ConnectionsController,
    ConnectionSyncController,
    ConnectorsController,
    PlanController,
    ScopeController,
  ],
  providers: [
    {
      provide: CONNECTORS,
      inject: [CONFIG],
      useFactory: ({ filesRoots, slackApiUrl }: Config) =>
        createRegistry({
          filesRoots,
          filesWorker: compiled(import.meta.url, '../../connectors/files/file-calls.worker.js'),
          slack: { apiUrl: slackApiUrl ?? null },
        }),
    },
    ConnectionsService,
    ConnectionSetupService,
    ConnectionSyncService,
    ConnectionDeletionService,
    ConnectionsRepository,
    PlanService,
    PlanRepository,
    PlanSourceService,
    ScopeService,
    ScopeRepository,
  ],
  exports: [CONNECTORS, ConnectionSetupService, ConnectionsService, PlanSourceService],
})
export class ConnectionsModule {}
