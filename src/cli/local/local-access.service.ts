import { Inject, Injectable } from '@nestjs/common';
import { ApiKeysService } from '../../auth/api-keys.service.js';
import { AuditService } from '../../auth/audit.service.js';
import { AppError } from '../../common/errors/app-error.js';
import { SCOPES, type ApiKeyIdentity } from '../../common/http/api-request.js';
import { Secret } from '../../common/secret.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import { DATA_DIRECTORY_LOCK } from '../../database/database.module.js';
import type { DataDirectoryLock } from '../../database/embedded/data-directory-lock.js';
import { protectLocalKey, readLocalKey, writeLocalKey } from './local-key-file.js';
import { LocalKeyRepository } from './local-key.repository.js';

/**
 * Lets the command line on the same machine find and use an embedded server: the address goes
 * into the lock of the data directory and an API key into a file beside it. Who can read that
 * file can read the database files too, so it gives nothing away.
 */
@Injectable()
export class LocalAccessService {
  private keyId: string | null = null;

  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysService,
    private readonly repository: LocalKeyRepository,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATA_DIRECTORY_LOCK) private readonly lock: DataDirectoryLock | null,
  ) {}

  /**
   * Called once the server listens and the first tenant exists. Does nothing in server mode,
   * where there is no directory that only one machine has.
   */
  async announce(url: string): Promise<void> {
    if (!this.lock) return;
    await this.ensureKey();
    await this.lock.publish({ url });
  }

  /** Whether that API key is the command line's own. */
  isLocalKey(id: string): boolean {
    return id === this.keyId;
  }

  /** @throws AppError `forbidden` for any other key */
  requireLocal(by: ApiKeyIdentity): void {
    if (this.isLocalKey(by.id)) return;
    throw new AppError('forbidden', 'This route is for the command line on the server itself.');
  }

  /** Notes a backup in the audit log; it concerns all tenants. */
  async noteBackup(by: ApiKeyIdentity, path: string): Promise<void> {
    const event = { actor: `key:${by.id}`, action: 'backup.created', target: path } as const;
    await this.database.asSystem((tx) => this.audit.record(tx, null, event));
  }

  /** A key that was revoked, rotated, or is missing in a restored database is replaced. */
  private async ensureKey(): Promise<void> {
    const { dataDir } = this.config;
    const existing = await readLocalKey(dataDir);
    const made = await this.database.asSystem(async (tx) => {
      this.keyId = existing && (await this.repository.findUsable(tx, existing.reveal()));
      if (this.keyId !== null) return null;
      const tenant = await this.repository.findFirstTenant(tx);
      if (tenant === null) return null;
      const grant = { name: 'command line of this machine', scopes: [...SCOPES] };
      const { key, secret } = await this.keys.issue(tx, tenant, grant);
      this.keyId = key.id;
      const event = { actor: 'bootstrap', action: 'api_key.created', target: key.id } as const;
      await this.audit.record(tx, tenant, { ...event, details: { name: grant.name } });
      return new Secret(secret);
    });
    if (made) await writeLocalKey(dataDir, made);
    else if (this.keyId !== null) await protectLocalKey(dataDir);
  }
}
