import { randomBytes } from 'node:crypto';
import { AppError } from '../common/errors/app-error.js';
import { Secret } from '../common/secret.js';

export const KEY_BYTES = 32;
const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** One key of the ring: 256 bits that wrap the data keys of tenants. */
export interface RingKey {
  readonly id: string;
  readonly key: Secret<Buffer>;
}

/** The keys that this process can open data keys with; the first one wraps new ones. */
export class KeyRing {
  private readonly keys: ReadonlyMap<string, RingKey>;

  /** @param keys at least one, with different ids */
  constructor(keys: readonly [RingKey, ...RingKey[]]) {
    this.active = keys[0];
    this.keys = new Map(keys.map((key) => [key.id, key]));
  }

  readonly active: RingKey;

  get ids(): string[] {
    return [...this.keys.keys()];
  }

  has(id: string): boolean {
    return this.keys.has(id);
  }

  /** @throws AppError `encryption_key_missing` */
  get(id: string): RingKey {
    const key = this.keys.get(id);
    if (key) return key;
    throw new AppError(
      'encryption_key_missing',
      `The encryption key "${id}" is in use and not in the key ring (${this.ids.join(', ')}). ` +
        'Add it to TRIBUTARY_ENCRYPTION_KEYS again.',
    );
  }

  /** This ring's keys first, then those of the other that it lacks. */
  with(other: KeyRing | null): KeyRing {
    const added = [...(other?.keys.values() ?? [])].filter(({ id }) => !this.has(id));
    return new KeyRing([this.active, ...[...this.keys.values()].slice(1), ...added]);
  }

  /** The same ring under a new active key. */
  ledBy(key: RingKey): KeyRing {
    return new KeyRing([key, ...this.keys.values()]);
  }

  /** `id:base64` of each key, the active one first. The whole secret: for the key file only. */
  entries(): string[] {
    return [...this.keys.values()].map(({ id, key }) => `${id}:${key.reveal().toString('base64')}`);
  }
}

/**
 * Reads `id:base64,id:base64 ...`; line ends separate as commas do. Messages name the place and
 * the id of an entry, never its key.
 * @param where what is read, for messages, e.g. `TRIBUTARY_ENCRYPTION_KEYS`
 * @throws AppError `encryption_keys_invalid`
 */
export function parseKeyRing(text: string, where: string): KeyRing {
  const keys: RingKey[] = [];
  for (const entry of text.split(/[,\n]/).map((part) => part.trim())) {
    if (entry === '') continue;
    const key = parseEntry(entry, `${where}: entry ${keys.length + 1}`);
    if (keys.some(({ id }) => id === key.id))
      throw invalid(`${where}: the id "${key.id}" stands there twice`);
    keys.push(key);
  }
  const [first, ...rest] = keys;
  if (!first) throw invalid(`${where} holds no key; one looks like "2026a:<32 bytes in base64>"`);
  return new KeyRing([first, ...rest]);
}

export function newRingKey(id: string): RingKey {
  return { id, key: new Secret(randomBytes(KEY_BYTES)) };
}

function parseEntry(entry: string, place: string): RingKey {
  const colon = entry.indexOf(':');
  const id = entry.slice(0, Math.max(0, colon));
  if (colon < 0 || !ID.test(id))
    throw invalid(`${place} is not "id:base64" with an id of letters, digits, "_", "." and "-"`);
  const encoded = entry.slice(colon + 1).trim();
  const key = Buffer.from(encoded, 'base64');
  if (!BASE64.test(encoded) || key.length !== KEY_BYTES)
    throw invalid(`${place} ("${id}") is not ${KEY_BYTES} bytes in base64`);
  return { id, key: new Secret(key) };
}

function invalid(what: string): AppError {
  return new AppError('encryption_keys_invalid', `${what}. "openssl rand -base64 32" makes a key.`);
}
