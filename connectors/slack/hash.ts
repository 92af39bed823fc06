import { hash as digest } from 'node:crypto';

/** Of anything that is JSON, short: 96 bits. */
export function hashOf(value: unknown): string {
  return digest('sha256', JSON.stringify(value), 'base64url').slice(0, 16);
}

/** FNV-1a with a final mix: 32 evenly spread bits, the same on every machine and for ever. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
