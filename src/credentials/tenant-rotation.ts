import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import { BackgroundDatabase } from '../database/background-database.js';
import type { SealedField, TenantDataKeys, WrappedDataKey } from './credential-rows.js';
import { opener } from './credential-vault.js';
import { CredentialsRepository } from './credentials.repository.js';
import { DataKeys, openDataKey, type OpenDataKey } from './data-keys.js';
import { seal } from './envelope.js';
import type { KeyRing } from './key-ring.js';
import { KeyRotationRepository, type AfterField } from './key-rotation.repository.js';

/** A batch holds the tenant's keys for some milliseconds. */
const BATCH = 100;

export interface TenantRotation {
  /** Fields that were encrypted anew. */
  resealed: number;
  /** Connections with a field that cannot be opened; they need new credentials. */
  unreadable: string[];
}

/** What one transaction did, and where the next one goes on. */
interface Step extends TenantRotation {
  readonly done: boolean;
  readonly after?: AfterField;
}

type KeysInRotation = { readonly [key in keyof TenantDataKeys]: WrappedDataKey };

const NOTHING = { resealed: 0, unreadable: [] };

/**
 * Encrypts the credentials of one tenant anew: a new data key under the active key of the ring,
 * then field by field in small transactions, while everything goes on. Until the last field is
 * done both data keys are kept, and each field says which one sealed it. It may stop and start
 * again anywhere.
 */
@Injectable()
export class TenantRotator {
  private readonly logger = new Logger('Credentials');

  constructor(
    private readonly database: BackgroundDatabase,
    private readonly credentials: CredentialsRepository,
    private readonly rotation: KeyRotationRepository,
    private readonly dataKeys: DataKeys,
  ) {}

  /** @throws AppError `encryption_key_missing`, `credentials_unreadable` for the data key itself */
  async rotate(tenant: string, ring: KeyRing, signal: AbortSignal): Promise<TenantRotation> {
    const unreadable = new Set<string>();
    let resealed = 0;
    let after: AfterField | undefined;
    for (;;) {
      signal.throwIfAborted();
      const from = after;
      const step = await this.database.inTenant(tenant, (tx) => this.next(tx, tenant, ring, from));
      resealed += step.resealed;
      for (const connection of step.unreadable) unreadable.add(connection);
      if (step.done) break;
      after = step.after;
    }
    if (unreadable.size > 0)
      this.logger.error({
        msg: 'credentials cannot be read',
        tenant,
        connections: [...unreadable],
      });
    return { resealed, unreadable: [...unreadable] };
  }

  private async next(
    tx: EntityManager,
    tenant: string,
    ring: KeyRing,
    after: AfterField | undefined,
  ): Promise<Step> {
    const keys = await this.credentials.lockDataKeys(tx, tenant);
    const { current, previous } = keys;
    if (current && previous) return this.reseal(tx, tenant, ring, { current, previous }, after);
    if (!current || current.keyId === ring.active.id) return { ...NOTHING, done: true };
    const [any] = await this.rotation.fieldsOf(tx, tenant, current.keyId, { limit: 1 });
    if (!any) {
      // Nothing hangs on this key; the next credential makes one.
      await this.credentials.setDataKeys(tx, tenant, { current: null, previous: null });
      return { ...NOTHING, done: true };
    }
    // Before anything changes: without the old key nothing could be carried over.
    openDataKey(current, ring, tenant);
    await this.dataKeys.begin(tx, tenant, ring, keys);
    return { ...NOTHING, done: false };
  }

  private async reseal(
    tx: EntityManager,
    tenant: string,
    ring: KeyRing,
    keys: KeysInRotation,
    after: AfterField | undefined,
  ): Promise<Step> {
    const { current, previous } = keys;
    const fields = await this.rotation.fieldsOf(tx, tenant, previous.keyId, {
      after,
      limit: BATCH,
    });
    const last = fields.at(-1);
    if (!last) {
      await this.credentials.setDataKeys(tx, tenant, { current, previous: null });
      return { ...NOTHING, done: false };
    }
    const key = openDataKey(current, ring, tenant);
    openDataKey(previous, ring, tenant);
    const anew: SealedField[] = [];
    const unreadable: string[] = [];
    for (const field of fields) {
      const sealed = resealed(field, keys, key, ring, tenant);
      if (sealed) anew.push(sealed);
      else unreadable.push(field.connection);
    }
    await this.rotation.reseal(tx, tenant, anew);
    const { connection, field } = last;
    return { resealed: anew.length, unreadable, done: false, after: { connection, field } };
  }
}

/** Null for a field that does not open: it is left as it is, for nobody to use. */
function resealed(
  field: SealedField,
  keys: TenantDataKeys,
  { keyId, key }: OpenDataKey,
  ring: KeyRing,
  tenant: string,
): SealedField | null {
  const { connection, version } = field;
  try {
    const value = opener(keys, ring, tenant, connection)(field);
    return {
      ...field,
      keyId,
      ...seal(value, key, { tenant, connection, field: field.field, version }),
    };
  } catch (error) {
    if (error instanceof AppError && error.code === 'credentials_unreadable') return null;
    throw error;
  }
}
