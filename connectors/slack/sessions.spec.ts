import fc from 'fast-check';
import { beginsByItself, SessionSplitter } from './sessions.js';

interface Message {
  readonly ts: string;
}

const GAP = 1_800;

/** Messages whose pauses are often just below, at and above the gap; oldest first. */
const history = fc
  .array(fc.constantFrom(0, 1, 30, 600, 1_799, 1_800, 1_801, 7_200), { maxLength: 200 })
  .map((pauses) => {
    let at = 1_700_000_000;
    return pauses.map((pause, i): Message => {
      at += pause;
      return { ts: `${at}.${String(i).padStart(6, '0')}` };
    });
  });

/** As a listing does it: newest first, in pages; what is held goes through a checkpoint. */
function split(messages: readonly Message[], pageSizes: readonly number[]): string[][] {
  const newestFirst = [...messages].reverse();
  const sessions: Message[][] = [];
  let held: readonly Message[] = [];
  for (let start = 0, page = 0; start < newestFirst.length; page++) {
    const size = pageSizes[page % pageSizes.length]!;
    const splitter = new SessionSplitter<Message>(
      GAP,
      JSON.parse(JSON.stringify(held)) as Message[],
    );
    const messagesOfPage = newestFirst.slice(start, start + size);
    for (const message of messagesOfPage) sessions.push(...splitter.add(message));
    sessions.push(...splitter.reached(messagesOfPage.at(-1)!.ts));
    start += size;
    if (start >= newestFirst.length) sessions.push(...splitter.end());
    held = splitter.held;
  }
  return sessions.reverse().map((session) => session.map(({ ts }) => ts));
}

/** The rule by itself, oldest first. */
function byRule(messages: readonly Message[]): string[][] {
  const sessions: string[][] = [];
  messages.forEach(({ ts }, i) => {
    const pause =
      i === 0 ? Infinity : Math.floor(Number(ts)) - Math.floor(Number(messages[i - 1]!.ts));
    if (pause > GAP || beginsByItself(ts)) sessions.push([]);
    sessions.at(-1)!.push(ts);
  });
  return sessions;
}

describe('sessions', () => {
  it('are the same however a history is cut into pages', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(history, sizes, (messages, pageSizes) => {
        expect(split(messages, pageSizes)).toEqual(split(messages, [1_000]));
      }),
    );
  });

  it('have every message once, in order, and begin by the rule', () => {
    fc.assert(
      fc.property(history, (messages) => {
        const whole = messages.map((message) => ({ ts: message.ts.replace(/\.\d+$/, '.000000') }));
        const distinct = whole.filter(({ ts }, i) => ts !== whole[i - 1]?.ts);
        expect(split(distinct, [50])).toEqual(byRule(distinct));
      }),
    );
  });

  it('do not change but for the one that a message is taken from', () => {
    fc.assert(
      fc.property(history, fc.nat(), (messages, at) => {
        if (messages.length === 0) return;
        const gone = messages[at % messages.length]!;
        const before = split(messages, [50]);
        const after = split(
          messages.filter((message) => message !== gone),
          [50],
        );
        const touched = before.filter((session) => !session.includes(gone.ts));
        const kept = touched.filter((session) => after.some((it) => it.join() === session.join()));
        // A message that began a session for its time alone may leave its rest to the one before.
        expect(touched.length - kept.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('of a channel without pauses hold about 32 messages', () => {
    const busy = Array.from({ length: 32_000 }, (_, i) => ({
      ts: `${1_700_000_000 + i * 20}.${String((i * 7_919) % 1_000_000).padStart(6, '0')}`,
    }));
    const sessions = split(busy, [999]);
    expect(busy.length / sessions.length).toBeGreaterThan(26);
    expect(busy.length / sessions.length).toBeLessThan(40);
    expect(Math.max(...sessions.map((session) => session.length))).toBeLessThan(500);
  });
});
