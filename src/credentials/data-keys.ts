import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error.js';
import type { TenantDataKeys, WrappedDataKey } from './credential-rows.js';
import { CredentialsRepository } from './credentials.repository.js';
import { newDataKey, unwrapDataKey, wrapDataKey, type DataKey } from './envelope.js';
import type { KeyRing } from './key-ring.js';

/** An unwrapped data key with the id under which rows refer to it. */
export interface OpenDataKey {
  readonly keyId: string;
  readonly key: DataKey;
}

/** The keys between the ring and the credentials: one per tenant, two during its rotation. */
@Injectable()
export class DataKeys {
  constructor(private readonly credentials: CredentialsRepository) {}

  /**
   * The tenant's key for sealing, made with the first credential. A key that cannot be unwrapped
   * any more is put aside for a new one: new credentials must not fail for the sake of old ones.
   * Holds the tenant's keys as they are until the transaction ends, so that a rotation misses
   * nothing that is sealed in it.
   * @throws AppError `encryption_key_missing`
   */
  async forSealing(tx: EntityManager, tenant: string, ring: KeyRing): Promise<OpenDataKey> {
    const keys = await this.credentials.lockDataKeys(tx, tenant);
    const opened = keys.current && openIfIntact(keys.current, ring, tenant);
    return opened ?? this.begin(tx, tenant, ring, keys);
  }

  /**
   * A new data key under the ring's active key; the one before is kept for what it sealed, if its
   * id can tell the two apart.
   * @param keys as locked in this transaction
   */
  async begin(
    tx: EntityManager,
    tenant: string,
    ring: KeyRing,
    keys: TenantDataKeys,
  ): Promise<OpenDataKey> {
    const key = newDataKey();
    const keyId = ring.active.id;
    const before = keys.previous ?? keys.current;
    await this.credentials.setDataKeys(tx, tenant, {
      current: { keyId, wrapped: wrapDataKey(key, ring.active, tenant) },
      previous: before?.keyId === keyId ? null : before,
    });
    return { keyId, key };
  }
}

/** @throws AppError `encryption_key_missing`, `credentials_unreadable` */
export function openDataKey(
  { keyId, wrapped }: WrappedDataKey,
  ring: KeyRing,
  tenant: string,
): OpenDataKey {
  return { keyId, key: unwrapDataKey(wrapped, ring.get(keyId), tenant) };
}

function openIfIntact(wrapped: WrappedDataKey, ring: KeyRing, tenant: string): OpenDataKey | null {
  try {
    return openDataKey(wrapped, ring, tenant);
  } catch (error) {
    if (error instanceof AppError && error.code === 'credentials_unreadable') return null;
    throw error;
  }
}
