import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../common/errors/app-error.js';
import { Secret } from '../common/secret.js';
import { KEY_BYTES, type RingKey } from './key-ring.js';

const CIPHER = 'aes-256-gcm';
/** 96 bits, for which GCM is defined best (NIST SP 800-38D, section 8.2.1). */
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of a wrapped data key, so that another layout can follow. */
const WRAP_FORMAT = 1;
const WRAPPED_BYTES = 1 + IV_BYTES + TAG_BYTES + KEY_BYTES;

/** A tenant's key, as it seals the tenant's credentials. Never stored as it is. */
export type DataKey = Secret<Buffer>;

/** What a sealed value is bound to: moved to another place, it does not open. */
export interface Place {
  readonly tenant: string;
  readonly connection: string;
  readonly field: string;
  readonly version: number;
}

export interface Sealed {
  readonly iv: Buffer;
  readonly tag: Buffer;
  readonly ciphertext: Buffer;
}

export function newDataKey(): DataKey {
  return new Secret(randomBytes(KEY_BYTES));
}

/** Wraps a data key for storage; bound to the tenant and to the id of the wrapping key. */
export function wrapDataKey(dataKey: DataKey, ringKey: RingKey, tenant: string): Buffer {
  const { iv, tag, ciphertext } = encrypt(
    ringKey.key.reveal(),
    dataKey.reveal(),
    wrapContext(ringKey, tenant),
  );
  return Buffer.concat([Buffer.of(WRAP_FORMAT), iv, tag, ciphertext]);
}

/** @throws AppError `credentials_unreadable` */
export function unwrapDataKey(wrapped: Buffer, ringKey: RingKey, tenant: string): DataKey {
  if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== WRAP_FORMAT)
    throw dataKeyUnreadable(ringKey.id);
  const ciphertextAt = 1 + IV_BYTES + TAG_BYTES;
  const sealed = {
    iv: wrapped.subarray(1, 1 + IV_BYTES),
    tag: wrapped.subarray(1 + IV_BYTES, ciphertextAt),
    ciphertext: wrapped.subarray(ciphertextAt),
  };
  const opened = decrypt(ringKey.key.reveal(), sealed, wrapContext(ringKey, tenant));
  if (!opened) throw dataKeyUnreadable(ringKey.id);
  return new Secret(opened);
}

/** Seals one value under a fresh random IV. */
export function seal(value: Secret<string>, dataKey: DataKey, place: Place): Sealed {
  return encrypt(dataKey.reveal(), Buffer.from(value.reveal(), 'utf8'), context(place));
}

/** @throws AppError `credentials_unreadable` for a changed row, or one from another place */
export function open(sealed: Sealed, dataKey: DataKey, place: Place): Secret<string> {
  const opened = decrypt(dataKey.reveal(), sealed, context(place));
  if (opened) return new Secret(opened.toString('utf8'));
  throw unreadable(`The stored credential "${place.field}" cannot be decrypted.`);
}

export function unreadable(what: string, cause?: unknown): AppError {
  return new AppError(
    'credentials_unreadable',
    `${what} Give the connection its credentials again.`,
    {
      cause,
    },
  );
}

function dataKeyUnreadable(id: string): AppError {
  return unreadable(
    `The tenant's data key cannot be unwrapped: it was changed, or the key "${id}" of the key ring is not the one of that name that wrapped it.`,
  );
}

/** JSON keeps the parts apart: no two places have the same bytes. */
function context({ tenant, connection, field, version }: Place): Buffer {
  return Buffer.from(JSON.stringify(['tributary credential', tenant, connection, field, version]));
}

function wrapContext({ id }: RingKey, tenant: string): Buffer {
  return Buffer.from(JSON.stringify(['tributary data key', tenant, id]));
}

function encrypt(key: Buffer, plaintext: Buffer, aad: Buffer): Sealed {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { iv, tag: cipher.getAuthTag(), ciphertext };
}

/** Null when anything is not as it was sealed. */
function decrypt(key: Buffer, { iv, tag, ciphertext }: Sealed, aad: Buffer): Buffer | null {
  // A shorter tag would be accepted by GCM and is easier to forge.
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad).setAuthTag(tag);
  const start = decipher.update(ciphertext);
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch {
    // OpenSSL says no more than that the tag differs, and there is nothing else to tell.
    return null;
  }
}
