import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { CredentialVault } from './credential-vault.js';
import { CredentialsRepository } from './credentials.repository.js';
import { DataKeys } from './data-keys.js';
import { EncryptionController } from './encryption.controller.js';
import { KeyRings } from './key-rings.js';
import { KeyRotationRepository } from './key-rotation.repository.js';
import { KeyRotationService } from './key-rotation.service.js';
import { TenantRotator } from './tenant-rotation.js';

/** Credentials of connections, encrypted, and the keys that they are encrypted with. */
@Module({
  imports: [AuthModule, JobsModule],
  controllers: [EncryptionController],
  providers: [
    KeyRings,
    DataKeys,
    CredentialsRepository,
    CredentialVault,
    KeyRotationRepository,
    TenantRotator,
    KeyRotationService,
  ],
  exports: [CredentialVault, KeyRotationService],
})
export class CredentialsModule {}
