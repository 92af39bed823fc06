import { Module } from '@nestjs/common';
import { createRegistry } from '../../connectors/registry.js';
import { compiled } from '../common/compiled.js';
import { AuthModule } from '../auth/auth.module.js';
import { CollectionsModule } from '../collections/collections.module.js';
import { CONFIG, type Config } from '../config/config.js';
import { RememberModule } from '../remember/remember.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { ConnectionDeletionService } from './connection-deletion.service.js';
import { ConnectionSetupService } from './connection-setup.service.js';
import { ConnectionSyncController } from './connection-sync.controller.js';
import { ConnectionSyncService } from './connection-sync.service.js';
import { ConnectionsController } from './connections.controller.js';
import { ConnectionsRepository } from './connections.repository.js';
import { ConnectionsService } from './connections.service.js';
import { CONNECTORS } from './connectors.js';
import { ConnectorsController } from './connectors.controller.js';

/** Accounts that tenants have attached, and asking them to sync. */
@Module({
  imports: [AuthModule, CollectionsModule, RememberModule, RunsModule],
  controllers: [ConnectionsController, ConnectionSyncController, ConnectorsController],
  providers: [
    {
      provide: CONNECTORS,
      inject: [CONFIG],
      useFactory: ({ filesRoots }: Config) =>
        createRegistry({
          filesRoots,
          filesWorker: compiled(import.meta.url, '../../connectors/files/file-calls.worker.js'),
        }),
    },
    ConnectionsService,
    ConnectionSetupService,
    ConnectionSyncService,
    ConnectionDeletionService,
    ConnectionsRepository,
  ],
  exports: [CONNECTORS, ConnectionsService],
})
export class ConnectionsModule {}
