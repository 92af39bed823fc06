import type { Timestamp } from './timestamp.js';

/** What an external id names. */
export type DocumentId =
  | { readonly kind: 'thread'; readonly channel: string; readonly ts: Timestamp }
  | { readonly kind: 'session'; readonly channel: string; readonly ts: Timestamp }
  | { readonly kind: 'file'; readonly channel: string; readonly file: string };

export const threadId = (channel: string, ts: Timestamp): string => `${channel}:${ts}`;
export const sessionId = (channel: string, first: Timestamp): string => `${channel}:s:${first}`;
export const fileId = (channel: string, file: string): string => `${channel}:f:${file}`;

/** undefined: not an id of this connector. */
export function parseDocumentId(id: string): DocumentId | undefined {
  const [channel, kind, rest] = id.split(':');
  if (!channel || !kind) return undefined;
  if (kind === 's' && rest) return { kind: 'session', channel, ts: rest };
  if (kind === 'f' && rest) return { kind: 'file', channel, file: rest };
  return rest === undefined && /^\d+\.\d+$/.test(kind)
    ? { kind: 'thread', channel, ts: kind }
    : undefined;
}
