import { type Broadcast, sortBroadcasts } from './broadcasts.js';
import { Directory } from './directory.js';
import { render } from './rendered-message.js';
import type { SlackMessage } from './slack-message.js';

const at = (n: number): string => `1700000${String(n).padStart(3, '0')}.000100`;
const reply = (n: number, thread?: number): SlackMessage => ({
  ts: at(n),
  subtype: 'thread_broadcast',
  ...(thread !== undefined && { thread_ts: at(thread) }),
});
const names = new Directory();
const sort = (
  before: readonly Broadcast[],
  replies: SlackMessage[],
  reached: number | null,
  threads: number[] = [],
) => {
  const page = {
    replies,
    threads: new Set(threads.map(at)),
    reached: reached === null ? null : at(reached),
  };
  const sorted = sortBroadcasts(before, page, (message) => render(message, names));
  return {
    ...sorted,
    alone: sorted.alone.map(({ ts }) => ts),
    waits: sorted.waiting.map(({ message }) => message.ts),
  };
};

describe('replies that were also sent to the channel', () => {
  it('wait until the listing has passed the place of their thread', () => {
    const first = sort([], [reply(9, 3), reply(8, 7), reply(6, 2)], 6, [7]);
    expect(first).toMatchObject({ alone: [], waits: [at(9), at(6)] });
    const second = sort(first.waiting, [], 3);
    expect(second).toMatchObject({ alone: [at(9)], waits: [at(6)] });
    expect(sort(second.waiting, [], 1, [2])).toMatchObject({ alone: [], waits: [] });
    expect(sort(second.waiting, [], null)).toMatchObject({ alone: [at(6)], waits: [] });
  });

  it('stand alone at once when they name no thread', () => {
    expect(sort([], [reply(9), reply(8, 8)], 5)).toMatchObject({ alone: [at(9), at(8)] });
  });

  it('wait once, also when they are listed again', () => {
    const first = sort([], [reply(9, 1)], 8);
    expect(sort(first.waiting, [reply(9, 1)], 7).waits).toEqual([at(9)]);
  });

  it('are counted when too many of them wait', () => {
    const many = Array.from({ length: 310 }, (_, i) => reply(900 - i, 1));
    const { waits, tooMany } = sort([], many, 500);
    expect([waits.length, tooMany]).toEqual([300, 10]);
  });
});
