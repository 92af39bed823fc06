import type { Sealed } from './envelope.js';

/** A data key as it is stored, and the key of the ring that wrapped it. */
export interface WrappedDataKey {
  readonly keyId: string;
  readonly wrapped: Buffer;
}

/** The key that seals, and the one before it while a rotation is under way. */
export interface TenantDataKeys {
  readonly current: WrappedDataKey | null;
  readonly previous: WrappedDataKey | null;
}

/** One sealed field. `keyId` tells which of the tenant's data keys sealed it. */
export interface SealedRow extends Sealed {
  readonly field: string;
  readonly keyId: string;
  readonly version: number;
}

/** A sealed field that a rotation has to look at. */
export interface SealedField extends SealedRow {
  readonly connection: string;
}

/** What may be shown of a connection's credentials. */
export interface CredentialFields {
  readonly fields: string[];
  readonly updatedAt: Date;
}

/** How many data keys and sealed fields one key of the ring is needed for. */
export interface KeyUse {
  readonly keyId: string;
  readonly dataKeys: number;
  readonly fields: number;
}
