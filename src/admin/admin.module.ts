import { Module } from '@nestjs/common';
import { IndexingModule } from '../indexing/indexing.module.js';
import { AdminController } from './admin.controller.js';
import { AdminRepository } from './admin.repository.js';
import { AdminService } from './admin.service.js';
import { FleetRepository } from './fleet.repository.js';
import { FleetService } from './fleet.service.js';

/** The operator's view over all tenants. */
@Module({
  imports: [IndexingModule],
  controllers: [AdminController],
  providers: [AdminRepository, AdminService, FleetRepository, FleetService],
  exports: [FleetService],
})
export class AdminModule {}
