import { sessionId, threadId } from './document-id.js';

const PATH = /^\/archives\/([A-Z][A-Z0-9]{5,20})\/p(\d{10})(\d{6})\/?$/;
const TIMESTAMP = /^\d{10}\.\d{6}$/;

/**
 * Documents that a link to a message may mean: its thread, or the stretch of messages that begins
 * with it. Which stretch holds a message in its middle cannot be told from the link.
 */
export function permalinkedIds(address: string): readonly string[] {
  if (!URL.canParse(address)) return [];
  const { pathname, searchParams } = new URL(address);
  const [, channel, seconds, micros] = PATH.exec(pathname) ?? [];
  if (channel === undefined) return [];
  const thread = searchParams.get('thread_ts');
  if (thread !== null && TIMESTAMP.test(thread)) return [threadId(channel, thread)];
  const ts = `${seconds}.${micros}`;
  return [threadId(channel, ts), sessionId(channel, ts)];
}
