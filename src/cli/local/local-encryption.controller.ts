import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../../auth/access.js';
import { CurrentKey } from '../../auth/current.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { Operation } from '../../common/http/operation.js';
import { EncryptionAnswer } from '../../credentials/encryption.schema.js';
import { KeyRotationService } from '../../credentials/key-rotation.service.js';
import { LocalAccessService } from './local-access.service.js';

/**
 * The key ring of embedded mode, for the command line of its machine: whoever can read the data
 * directory holds those keys already, so that no operator key has to be set up first.
 */
@ApiTags('admin')
@Controller('v1/memory/admin/local-encryption')
export class LocalEncryptionController {
  constructor(
    private readonly access: LocalAccessService,
    private readonly rotation: KeyRotationService,
  ) {}

  @Get()
  @Scopes('admin')
  @Operation({
    id: 'getLocalEncryption',
    summary: 'For "tributary keys status": what the operator sees of the encryption keys',
    answer: EncryptionAnswer,
    errors: ['encryption_key_file_exposed', 'encryption_keys_invalid'],
  })
  get(@CurrentKey() by: ApiKeyIdentity): Promise<EncryptionAnswer> {
    this.access.requireLocal(by);
    return this.rotation.status();
  }

  @Post('rotate')
  @Scopes('admin')
  @Operation({
    id: 'rotateLocalEncryption',
    summary: 'For "tributary keys rotate": encrypt stored credentials anew',
    status: 202,
    answer: EncryptionAnswer,
    errors: ['encryption_not_configured', 'encryption_key_file_exposed', 'encryption_keys_invalid'],
  })
  rotate(@CurrentKey() by: ApiKeyIdentity): Promise<EncryptionAnswer> {
    this.access.requireLocal(by);
    return this.rotation.start(`key:${by.id}`);
  }
}
