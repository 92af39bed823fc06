import { Module } from '@nestjs/common';
import { HttpModule } from '../common/http/http.module.js';
import { IndexingModule } from '../indexing/indexing.module.js';
import { AccountController } from './account.controller.js';
import { BootstrapService } from './bootstrap.service.js';
import { TenantDeletionService } from './tenant-deletion.service.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsRepository } from './tenants.repository.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [HttpModule, IndexingModule],
  controllers: [AccountController, TenantsController],
  providers: [BootstrapService, TenantDeletionService, TenantsRepository, TenantsService],
  exports: [BootstrapService],
})
export class TenantsModule {}
