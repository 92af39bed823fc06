import { Module } from '@nestjs/common';
import { CredentialsModule } from '../../credentials/credentials.module.js';
import { IndexingModule } from '../../indexing/indexing.module.js';
import { ReindexModule } from '../../reindex/reindex.module.js';
import { BackupsController } from './backups.controller.js';
import { LocalAccessService } from './local-access.service.js';
import { LocalEncryptionController } from './local-encryption.controller.js';
import { LocalIndexController } from './local-index.controller.js';
import { LocalKeyRepository } from './local-key.repository.js';

/** What a server offers to the command line on its own machine. */
@Module({
  imports: [CredentialsModule, IndexingModule, ReindexModule],
  controllers: [BackupsController, LocalEncryptionController, LocalIndexController],
  providers: [LocalAccessService, LocalKeyRepository],
  exports: [LocalAccessService],
})
export class LocalAccessModule {}
