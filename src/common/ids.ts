import { createHash, randomUUID } from 'node:crypto';

/** Source of new ids: UUID v4 everywhere (some clients of the compatible APIs check for it). */
export interface Ids {
  next(): string;
}

export const IDS = Symbol('Ids');

export class RandomIds implements Ids {
  next(): string {
    return randomUUID();
  }
}

/**
 * A name-based UUID (version 5, RFC 9562 section 5.5): the same namespace and name give the same
 * id on every machine, which is what makes writing a chunk idempotent.
 */
export function uuidV5(namespace: string, name: string): string {
  const hash = createHash('sha1');
  hash.update(Buffer.from(namespace.replaceAll('-', ''), 'hex'));
  hash.update(name);
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
