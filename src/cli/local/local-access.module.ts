import { Module } from '@nestjs/common';
import { CredentialsModule } from '../../credentials/credentials.module.js';
import { BackupsController } from './backups.controller.js';
import { LocalAccessService } from './local-access.service.js';
import { LocalEncryptionController } from './local-encryption.controller.js';
import { LocalKeyRepository } from './local-key.repository.js';

/** What a server offers to the command line on its own machine. */
@Module({
  imports: [CredentialsModule],
  controllers: [BackupsController, LocalEncryptionController],
  providers: [LocalAccessService, LocalKeyRepository],
  exports: [LocalAccessService],
})
export class LocalAccessModule {}
