import { Inject, Injectable } from '@nestjs/common';
import { ApiKeysService } from '../../auth/api-keys.service.js';
import { SCOPES } from '../../common/http/api-request.js';
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
      return new Secret(secret);
    });
    if (made) await writeLocalKey(dataDir, made);
    else if (this.keyId !== null) await protectLocalKey(dataDir);
  }
}
