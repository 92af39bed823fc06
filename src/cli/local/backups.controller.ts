import { Body, Controller, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Scopes } from '../../auth/access.js';
import { CurrentKey } from '../../auth/current.js';
import { AppError } from '../../common/errors/app-error.js';
import type { ApiKeyIdentity } from '../../common/http/api-request.js';
import { Operation } from '../../common/http/operation.js';
import { BACKUPS } from '../../database/database.module.js';
import type { Backups } from '../../database/embedded/backups.js';
import { BackupAnswer, CreateBackup, type CreateBackupBody } from './backups.schema.js';
import { LocalAccessService } from './local-access.service.js';

/** Backups while the server runs. Only it can hold its own writers, so the CLI asks it to. */
@ApiTags('admin')
@Controller('v1/memory/admin/backups')
export class BackupsController {
  constructor(
    private readonly access: LocalAccessService,
    @Inject(BACKUPS) private readonly backups: Backups | null,
  ) {}

  @Post()
  @Scopes('admin')
  @Operation({
    id: 'createBackup',
    summary: 'Copy the embedded database to a folder of the server',
    description:
      'For `tributary backup` on the machine of the server: a backup holds every tenant and is ' +
      'written to a path there, so no other key may ask for one.',
    status: 201,
    answer: BackupAnswer,
    errors: ['backup_failed', 'disk_full'],
  })
  async create(
    @CurrentKey() by: ApiKeyIdentity,
    @Body({ schema: CreateBackup }) body: CreateBackupBody,
  ): Promise<BackupAnswer> {
    if (!this.backups || !this.access.isLocalKey(by.id)) {
      throw new AppError('forbidden', 'Backups are made with "tributary backup" on the server.');
    }
    const { path, bytes, createdAt, warning } = await this.backups.create(body.target);
    await this.access.noteBackup(by, path);
    return { path, bytes, created_at: createdAt, warning };
  }
}
