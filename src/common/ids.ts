import { hash, randomUUID } from 'node:crypto';

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
  const named = Buffer.concat([
    Buffer.from(namespace.replaceAll('-', ''), 'hex'),
    Buffer.from(name),
  ]);
  const hex = hash('sha1', named, 'hex');
  const variant = ((parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
