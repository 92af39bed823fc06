import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Secret } from '../common/secret.js';
import type { CredentialFields, SealedRow, TenantDataKeys } from './credential-rows.js';
import { CredentialsRepository } from './credentials.repository.js';
import { DataKeys, openDataKey } from './data-keys.js';
import { open, seal, unreadable } from './envelope.js';
import { KeyRings, notConfigured } from './key-rings.js';
import type { KeyRing } from './key-ring.js';

/** The fields of a connection's credentials, each as JSON text. */
export type CredentialValues = ReadonlyMap<string, Secret<string>>;

export interface StoredCredentials {
  /** 0 = nothing is stored. Grows with every change. */
  readonly version: number;
  readonly values: CredentialValues;
}

/**
 * Where the credentials of connections are kept: each field encrypted with the data key of its
 * tenant, bound to tenant, connection, field and version.
 */
@Injectable()
export class CredentialVault {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly dataKeys: DataKeys,
    private readonly rings: KeyRings,
  ) {}

  /**
   * Before a transaction that stores something: makes the key of embedded mode.
   * @throws AppError `encryption_not_configured`, `encryption_key_file_exposed`
   */
  async prepare(): Promise<KeyRing> {
    return this.rings.require();
  }

  /**
   * Puts these fields in the place of all that the connection has.
   * @param ring of `prepare`, asked for before the transaction
   * @param expected only if this is still the version that is stored (0: none)
   * @returns the new version; null when another was stored meanwhile or the connection is gone
   * @throws AppError `encryption_key_missing`
   */
  async store(
    tx: EntityManager,
    tenant: string,
    connection: string,
    values: CredentialValues,
    { ring, expected }: { ring: KeyRing; expected?: number },
  ): Promise<number | null> {
    const dataKey = await this.dataKeys.forSealing(tx, tenant, ring);
    if (!(await this.credentials.lockConnection(tx, tenant, connection))) return null;
    const stored = await this.credentials.version(tx, tenant, connection);
    if (expected !== undefined && stored !== expected) return null;
    const version = stored + 1;
    const rows: SealedRow[] = [...values].map(([field, value]) => {
      const place = { tenant, connection, field, version };
      return { field, keyId: dataKey.keyId, version, ...seal(value, dataKey.key, place) };
    });
    await this.credentials.replace(tx, tenant, connection, rows);
    return version;
  }

  /**
   * @param ring of `ring()`, asked for before the transaction
   * @throws AppError `credentials_unreadable`, `encryption_key_missing`, `encryption_not_configured`
   */
  async load(
    tx: EntityManager,
    tenant: string,
    connection: string,
    ring: KeyRing | null,
  ): Promise<StoredCredentials> {
    const rows = await this.credentials.find(tx, tenant, connection);
    const version = Math.max(0, ...rows.map((row) => row.version));
    if (rows.length === 0) return { version, values: new Map() };
    if (!ring) throw notConfigured();
    const open = opener(await this.credentials.dataKeys(tx, tenant), ring, tenant, connection);
    return { version, values: new Map(rows.map((row) => [row.field, open(row)])) };
  }

  /** The key ring, null where there is none. Not to be called in a transaction. */
  ring(): Promise<KeyRing | null> {
    return this.rings.current();
  }

  version(tx: EntityManager, tenant: string, connection: string): Promise<number> {
    return this.credentials.version(tx, tenant, connection);
  }

  async has(tx: EntityManager, tenant: string, connection: string): Promise<boolean> {
    return (await this.credentials.version(tx, tenant, connection)) > 0;
  }

  /** Names of the stored fields and when they changed, by connection; never a value. */
  describe(
    tx: EntityManager,
    tenant: string,
    connections: readonly string[],
  ): Promise<Map<string, CredentialFields>> {
    return this.credentials.describe(tx, tenant, connections);
  }

  remove(tx: EntityManager, tenant: string, connection: string): Promise<void> {
    return this.credentials.remove(tx, tenant, connection);
  }
}

/** Opens rows with whichever of the tenant's data keys sealed them. */
export function opener(
  { current, previous }: TenantDataKeys,
  ring: KeyRing,
  tenant: string,
  connection: string,
): (row: SealedRow) => Secret<string> {
  const opened = new Map<string, ReturnType<typeof openDataKey>>();
  return (row) => {
    const wrapped = [current, previous].find((one) => one?.keyId === row.keyId);
    if (!wrapped) throw unreadable(`The data key of the stored credential "${row.field}" is gone.`);
    const { key } = opened.get(row.keyId) ?? openDataKey(wrapped, ring, tenant);
    opened.set(row.keyId, { keyId: row.keyId, key });
    return open(row, key, { tenant, connection, field: row.field, version: row.version });
  };
}

/** Each field of a credentials object as JSON text; fields without a value are left out. */
export function toValues(credentials: unknown): CredentialValues {
  const fields = Object.entries(credentials ?? {}).filter(([, value]) => value !== undefined);
  return new Map(fields.map(([field, value]) => [field, new Secret(JSON.stringify(value))]));
}

export function fromValues(values: CredentialValues): Record<string, unknown> {
  return Object.fromEntries(
    [...values].map(([field, value]) => [field, JSON.parse(value.reveal()) as unknown]),
  );
}
