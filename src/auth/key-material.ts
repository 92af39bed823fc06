import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX_LENGTH = 8;

/** `mv_` and 256 random bits: nothing to guess, so a plain SHA-256 is enough to store it. */
export function newApiKey(): string {
  return `mv_${randomBytes(32).toString('base64url')}`;
}

export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** What a list shows of a key, enough to recognise it. */
export function prefixOf(key: string): string {
  return key.slice(0, PREFIX_LENGTH);
}

/** Compares hashes, which have one length, so that the time tells nothing about the key. */
export function isSameKey(a: string, b: string): boolean {
  return timingSafeEqual(hashApiKey(a), hashApiKey(b));
}
