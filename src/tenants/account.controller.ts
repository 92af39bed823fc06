import { Body, Controller, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllowsRestrictedKeys, Scopes } from '../auth/access.js';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { CurrentKey, CurrentTenant } from '../auth/current.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { SecretAnswer } from '../common/http/idempotency/idempotency.interceptor.js';
import { Operation } from '../common/http/operation.js';
import {
  DeleteAccount,
  DeletedAccount,
  RotatedKey,
  type DeleteAccountBody,
} from './account.schema.js';
import { TenantDeletionService } from './tenant-deletion.service.js';

@ApiTags('account')
@Controller('v1/memory/admin')
export class AccountController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly deletion: TenantDeletionService,
  ) {}

  @Post('rotate-key')
  @Scopes('admin')
  @AllowsRestrictedKeys()
  @SecretAnswer()
  @Operation({
    id: 'rotateKey',
    summary: 'Replace the API key that signs this request',
    description: 'The old key is dead at once; the new one has its name, scopes and expiry.',
    answer: RotatedKey,
  })
  async rotate(
    @CurrentTenant() tenant: string,
    @CurrentKey() key: ApiKeyIdentity,
  ): Promise<RotatedKey> {
    const fresh = await this.keys.rotate(tenant, key);
    return {
      api_key: fresh,
      message: 'The old key no longer works. Keep this one: it is shown once.',
    };
  }

  @Post('delete-account')
  @Scopes('admin')
  @Operation({
    id: 'deleteAccount',
    summary: 'Delete the tenant with everything that it owns',
    description:
      'Its keys are dead at once. While the index is behind, the last of its rows go after the ' +
      'answer, in the background.',
    answer: DeletedAccount,
  })
  async delete(
    @CurrentTenant() tenant: string,
    @CurrentKey() key: ApiKeyIdentity,
    @Body({ schema: DeleteAccount }) body: DeleteAccountBody,
  ): Promise<DeletedAccount> {
    await this.deletion.delete(tenant, key, body.confirm);
    return { deleted: true, tenant };
  }
}
