import { Module } from '@nestjs/common';
import { CollectionsModule } from '../collections/collections.module.js';
import { HttpModule } from '../common/http/http.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { ExportService } from './export.service.js';
import { ImportService } from './import.service.js';
import { PortabilityController } from './portability.controller.js';
import { PortabilityRepository } from './portability.repository.js';

/** A tenant's memories out of the system and into it. */
@Module({
  imports: [CollectionsModule, HttpModule, RememberModule],
  controllers: [PortabilityController],
  providers: [ExportService, ImportService, PortabilityRepository],
})
export class PortabilityModule {}
