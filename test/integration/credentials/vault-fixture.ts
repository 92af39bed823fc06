import { randomBytes, randomUUID } from 'node:crypto';
import type { AuditService } from '../../../src/auth/audit.service.js';
import { RandomIds } from '../../../src/common/ids.js';
import { SystemClock } from '../../../src/common/clock.js';
import { readConfig } from '../../../src/config/config.js';
import { StoredConnectionCredentials } from '../../../src/credentials/connection-credentials.js';
import {
  CredentialVault,
  fromValues,
  toValues,
} from '../../../src/credentials/credential-vault.js';
import { CredentialsRepository } from '../../../src/credentials/credentials.repository.js';
import { DataKeys } from '../../../src/credentials/data-keys.js';
import { KeyRings } from '../../../src/credentials/key-rings.js';
import { KeyRotationRepository } from '../../../src/credentials/key-rotation.repository.js';
import { KeyRotationService } from '../../../src/credentials/key-rotation.service.js';
import { TenantRotator } from '../../../src/credentials/tenant-rotation.js';
import { BackgroundDatabase } from '../../../src/database/background-database.js';
import type { Database } from '../../../src/database/database.js';
import { JobHandlers } from '../../../src/jobs/job-handlers.js';
import type { JobsService } from '../../../src/jobs/jobs.service.js';

export const newKey = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;

/** A process that has these keys in TRIBUTARY_ENCRYPTION_KEYS, without a server around it. */
export class VaultFixture {
  readonly vault: CredentialVault;
  readonly rotator: TenantRotator;
  readonly rotation: KeyRotationService;
  readonly rings: KeyRings;

  constructor(
    readonly database: Database,
    keys: string[],
  ) {
    const env = { TRIBUTARY_ENCRYPTION_KEYS: keys.join(','), TRIBUTARY_DATA_DIR: '/nonexistent' };
    const credentials = new CredentialsRepository();
    const dataKeys = new DataKeys(credentials);
    const background = new BackgroundDatabase(database);
    const rows = new KeyRotationRepository();
    this.rings = new KeyRings(database, readConfig(env), new SystemClock(), new RandomIds());
    this.vault = new CredentialVault(credentials, dataKeys, this.rings);
    this.rotator = new TenantRotator(background, credentials, rows, dataKeys);
    // Only its status is asked for here; test/e2e/connections starts it over HTTP.
    this.rotation = new KeyRotationService(
      background,
      rows,
      this.rotator,
      this.rings,
      {} as JobsService,
      new JobHandlers(),
      {} as AuditService,
    );
  }

  /** A tenant, and a connection of it for each of these credentials. */
  async tenant(...credentials: Record<string, unknown>[]): Promise<{ id: string; own: string[] }> {
    const [id, collection] = [randomUUID(), randomUUID()];
    await this.sql(`insert into tenants (id, name) values ($1, 'test')`, [id]);
    await this.sql(
      `insert into embedding_spaces (model, dimensions) values ('test', 4) on conflict do nothing`,
    );
    await this.sql(
      `insert into collections (id, tenant_id, name, space_id)
       select $1, $2, 'notes', id from embedding_spaces where model = 'test'`,
      [collection, id],
    );
    const own: string[] = [];
    for (const one of credentials) {
      const connection = randomUUID();
      await this.sql(
        `insert into connections (id, tenant_id, provider, account_id, name, collection_id)
         values ($1::uuid, $2, 'scripted', $1::uuid::text, 'test', $3)`,
        [connection, id, collection],
      );
      await this.store(id, connection, one);
      own.push(connection);
    }
    return { id, own };
  }

  async store(
    tenant: string,
    connection: string,
    credentials: Record<string, unknown>,
    expected?: number,
  ): Promise<number | null> {
    const ring = await this.vault.prepare();
    return this.database.inTenant(tenant, (tx) =>
      this.vault.store(tx, tenant, connection, toValues(credentials), { ring, expected }),
    );
  }

  async load(tenant: string, connection: string): Promise<Record<string, unknown>> {
    const ring = await this.vault.ring();
    const { values } = await this.database.inTenant(tenant, (tx) =>
      this.vault.load(tx, tenant, connection, ring),
    );
    return fromValues(values);
  }

  /** What a run holds. */
  run(tenant: string, connection: string): StoredConnectionCredentials {
    return new StoredConnectionCredentials(
      this.database,
      this.vault,
      tenant,
      connection,
      (data) => ({
        success: true,
        data,
      }),
    );
  }

  async rotate(tenant: string, signal = new AbortController().signal) {
    return this.rotator.rotate(tenant, (await this.rings.current())!, signal);
  }

  sql<T>(text: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.asSystem((tx) => tx.query<T[]>(text, parameters));
  }
}
