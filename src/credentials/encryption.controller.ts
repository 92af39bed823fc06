import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../auth/access.js';
import { Operation } from '../common/http/operation.js';
import { EncryptionAnswer } from './encryption.schema.js';
import { KeyRotationService } from './key-rotation.service.js';

@ApiTags('operator')
@OperatorOnly()
@Controller('v1/memory/admin/encryption')
export class EncryptionController {
  constructor(private readonly rotation: KeyRotationService) {}

  @Get()
  @Operation({
    id: 'getEncryption',
    summary: 'Show which keys encrypt stored credentials, and how far a rotation is',
    answer: EncryptionAnswer,
    errors: ['encryption_key_file_exposed', 'encryption_keys_invalid'],
  })
  get(): Promise<EncryptionAnswer> {
    return this.rotation.status();
  }

  @Post('rotate')
  @Operation({
    id: 'rotateEncryption',
    summary: 'Encrypt stored credentials anew under the active key',
    description:
      'Goes on in the background while everything works; ask for its progress with GET. In ' +
      'embedded mode without TRIBUTARY_ENCRYPTION_KEYS a new key is made first. May be repeated.',
    status: 202,
    answer: EncryptionAnswer,
    errors: ['encryption_not_configured', 'encryption_key_file_exposed', 'encryption_keys_invalid'],
  })
  rotate(): Promise<EncryptionAnswer> {
    return this.rotation.start('operator');
  }
}
