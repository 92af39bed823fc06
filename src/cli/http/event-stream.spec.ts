import fc from 'fast-check';
import { parseEvents, serverEvents, type ServerEvent } from './event-stream.js';

async function parsed(chunks: readonly Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  for await (const event of parseEvents(body())) events.push(event);
  return events;
}

const text = (event: ServerEvent): string =>
  `event: ${event.event}\nid: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`;

describe('server-sent events', () => {
  it('are the same wherever the stream is cut into pieces', async () => {
    const event = fc.record({
      event: fc.constantFrom('state', 'progress', 'end'),
      id: fc.stringMatching(/^[a-z0-9.]{1,8}$/),
      data: fc.record({ text: fc.string(), emoji: fc.constant('🧭 ü') }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event), fc.array(fc.nat(60)), async (events, sizes) => {
        const bytes = Buffer.from(`retry: 2000\n\n${events.map(text).join(': heartbeat\n\n')}`);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) chunks.push(bytes.subarray(at, (at += size)));
        chunks.push(bytes.subarray(at));
        expect(await parsed(chunks)).toEqual(events);
      }),
    );
  });

  it('go on where the stream broke, until the server says that it is over', async () => {
    const answers = [
      new Response(text({ event: 'state', id: '1', data: {} })),
      new Response(text({ event: 'progress', id: '1.2', data: {} })),
      new Response(null, { status: 204 }),
    ];
    const asked: (string | null)[] = [];
    const open = (last: string | null): Promise<Response> => {
      asked.push(last);
      return Promise.resolve(answers.shift()!);
    };
    const ids: string[] = [];
    const signal = new AbortController().signal;
    for await (const { id } of serverEvents(open, () => Promise.resolve(), signal)) ids.push(id);
    expect(ids).toEqual(['1', '1.2']);
    expect(asked).toEqual([null, '1', '1.2']);
  });

  it('are given up when nothing comes any more', async () => {
    const signal = new AbortController().signal;
    const open = () => Promise.reject(new TypeError('terminated'));
    const events = serverEvents(open, () => Promise.resolve(), signal);
    await expect(events.next()).rejects.toMatchObject({ code: 'stream_lost' });
  });
});
