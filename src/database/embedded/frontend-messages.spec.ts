import fc from 'fast-check';
import { FrontendMessages } from './frontend-messages.js';

function startup(body: number[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(4 + body.length);
  return Buffer.concat([head, Buffer.from(body)]);
}

function message(type: string, body: number[]): Buffer {
  return Buffer.concat([Buffer.from(type), startup(body)]);
}

const body = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 });
const typed = fc.tuple(fc.constantFrom('P', 'B', 'D', 'E', 'S', 'Q'), body);

describe('FrontendMessages', () => {
  it('gives the same bytes, in whole messages, however the stream was cut', () => {
    fc.assert(
      fc.property(
        body,
        fc.array(typed, { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 6 }),
        (first, rest, cuts) => {
          const messages = [startup(first), ...rest.map(([type, bytes]) => message(type, bytes))];
          const stream = Buffer.concat(messages);
          const ends = new Set(
            messages.map((_, i) => Buffer.concat(messages.slice(0, i + 1)).length),
          );
          const cutter = new FrontendMessages();
          const batches: Uint8Array[] = [];
          const at = [...cuts.filter((cut) => cut < stream.length), stream.length];
          let from = 0;
          for (const to of at.sort((a, b) => a - b)) {
            const cut = cutter.push(new Uint8Array(stream.subarray(from, to)));
            batches.push(...cut.map(({ bytes }) => bytes));
            from = to;
          }
          let length = 0;
          for (const batch of batches) expect(ends.has((length += batch.length))).toBe(true);
          expect(Buffer.concat(batches).equals(stream)).toBe(true);
          expect(batches[0]).toHaveLength(messages[0]!.length);
        },
      ),
    );
  });

  it('ends at Terminate and hands on what came before it', () => {
    const cutter = new FrontendMessages();
    const query = message('Q', [1, 2]);
    const batches = cutter.push(Buffer.concat([startup([]), query, message('X', [])]));
    expect(batches.map(({ bytes }) => Buffer.from(bytes))).toEqual([startup([]), query]);
    expect(batches.map(({ lastType }) => lastType)).toEqual([0, 'Q'.charCodeAt(0)]);
    expect(cutter.terminated).toBe(true);
  });
});
