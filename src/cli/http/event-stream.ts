import { CliError, interrupted } from '../cli-error.js';
import { EXIT } from '../exit-codes.js';

export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** Opens the stream; `lastEventId` is that of the last event that was received. */
export type OpenStream = (lastEventId: string | null) => Promise<Response>;

const RECONNECT_MS = 1_000;
const RECONNECTS = 5;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A stream
 * that breaks is opened again where it broke; one that the server ends with 204 is over.
 * @throws CliError `stream_lost` when it cannot be opened again
 */
export async function* serverEvents(
  open: OpenStream,
  sleep: (ms: number) => Promise<void>,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let last: string | null = null;
  for (let failures = 0; failures <= RECONNECTS;) {
    try {
      const response = await open(last);
      if (response.status === 204 || !response.body) return;
      for await (const event of parseEvents(response.body)) {
        failures = 0;
        last = event.id;
        yield event;
      }
      failures += 1;
    } catch (error) {
      if (signal.aborted) throw interrupted();
      // An answer of the API is no broken line.
      if (error instanceof CliError && error.code !== 'server_unreachable') throw error;
      if (error instanceof Error && error.name === 'ApiError') throw error;
      failures += 1;
    }
    await sleep(RECONNECT_MS);
  }
  throw new CliError('stream_lost', 'the server ends the events again and again', EXIT.unavailable);
}

/** Events of a stream's text; comments and fields without data are passed over. */
export async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event) yield event;
    }
  }
}

function parseBlock(block: string): ServerEvent | null {
  const fields = new Map(
    block.split('\n').map((line) => {
      const [name = '', value = ''] = line.split(/: ?(.*)/s);
      return [name, value];
    }),
  );
  const data = fields.get('data');
  if (data === undefined) return null;
  return {
    event: fields.get('event') ?? 'message',
    id: fields.get('id') ?? '',
    data: JSON.parse(data) as unknown,
  };
}
