import { Module } from '@nestjs/common';
import { BackupsController } from './backups.controller.js';
import { LocalAccessService } from './local-access.service.js';
import { LocalKeyRepository } from './local-key.repository.js';

/** What a server offers to the command line on its own machine. */
@Module({
  controllers: [BackupsController],
  providers: [LocalAccessService, LocalKeyRepository],
  exports: [LocalAccessService],
})
export class LocalAccessModule {}
