import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { RememberModule } from '../remember/remember.module.js';
import { DocumentExplainRepository } from './document-explain.repository.js';
import { DocumentExplainService } from './document-explain.service.js';
import { DocumentsController } from './documents.controller.js';
import { DocumentsRepository } from './documents.repository.js';
import { DocumentsService } from './documents.service.js';

/** Synced documents as people see them: what is there, what is not, and why. */
@Module({
  imports: [AuthModule, ConnectionsModule, RememberModule],
  controllers: [DocumentsController],
  providers: [
    DocumentsService,
    DocumentsRepository,
    DocumentExplainService,
    DocumentExplainRepository,
  ],
})
export class DocumentsModule {}
