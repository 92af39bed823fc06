import { once } from 'node:events';
import type { Response } from 'express';
import type { Clock } from '../common/clock.js';
import type { RunEvent } from './runs.schema.js';

const HEARTBEAT_MS = 15_000;
/** How long a client waits before it connects again after the stream broke. */
const RETRY_MS = 2_000;

/**
 * Sends events as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html), with
 * a comment every 15 s of silence, so that nothing on the way takes the connection for dead.
 */
export async function sendEvents(
  response: Response,
  events: AsyncIterable<RunEvent | null>,
  clock: Clock,
): Promise<void> {
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // Proxies of the nginx kind would hold the events back to fill their buffer.
    'X-Accel-Buffering': 'no',
  });
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  const write = async (text: string): Promise<void> => {
    if (response.write(text) || response.destroyed) return;
    // A client that does not read is waited for, not buffered for.
    await once(response, 'drain', { signal: closed.signal }).catch(() => undefined);
  };
  await write(`retry: ${RETRY_MS}\n\n`);
  let written = clock.now().getTime();
  for await (const event of events) {
    const now = clock.now().getTime();
    if (event === null && now - written < HEARTBEAT_MS) continue;
    await write(event === null ? ': heartbeat\n\n' : eventText(event));
    written = now;
  }
  response.end();
}

/** JSON has no line breaks of its own, so the data is one line. */
function eventText({ event, id, data }: RunEvent): string {
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
