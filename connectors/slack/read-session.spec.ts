import { RateLimitedError } from '../sdk/errors.js';
import { Directory } from './directory.js';
import { readSession } from './read-session.js';
import type { MessagePage } from './slack-api.js';
import type { SlackMessage } from './slack-message.js';
import type { SlackSource } from './slack-source.js';
import { UnfinishedReads } from './unfinished-reads.js';

const CHANNEL = { id: 'C1', name: 'team' } as Parameters<typeof readSession>[1];
const at = (minutes: number): string => `${1_700_000_000 + minutes * 60}.000100`;

/** A channel of messages at these minutes, whose source answers one call and then asks to wait. */
function slowChannel(run: string | null, ...minutes: number[]) {
  const messages = minutes.map((minute): SlackMessage => ({
    ts: at(minute),
    user: 'U1',
    text: `Minute ${minute}.`,
  }));
  let now = 0;
  let left = 0;
  const names = new Directory();
  names.addUser('U1', 'Anna Berg');
  const history = (window: { oldest?: string; latest?: string }): Promise<MessagePage> => {
    if (left-- <= 0) throw new RateLimitedError('wait', new Date(now + 60_000), 'history');
    const inside = messages.filter(
      ({ ts }) => Number(ts) >= Number(window.oldest) && Number(ts) <= Number(window.latest),
    );
    const end = { hasMore: false, cursor: undefined, isLimited: false };
    return Promise.resolve({ messages: inside, ...end });
  };
  const source = {
    ctx: { run, clock: { now: () => new Date(now) } },
    config: { session_gap_minutes: 30, bots: 'include' },
    api: { history },
    identity: { teamId: 'T1', url: 'https://team.slack.com/' },
    names,
    pageMessages: 100,
    unfinishedSessions: new UnfinishedReads(),
  } as unknown as SlackSource;
  return {
    /** What an attempt comes to that may make one call, so long after the one before. */
    async attempt(afterMinutes = 1) {
      now += afterMinutes * 60_000;
      left = 1;
      try {
        return (await readSession(source, CHANNEL, at(minutes[0]!)))?.metadata['message_count'];
      } catch (error) {
        expect(error).toBeInstanceOf(RateLimitedError);
        return 'waits';
      }
    },
  };
}

describe('a session of which one call a minute may be made', () => {
  it('is read on after each pause until it is whole', async () => {
    const { attempt } = slowChannel('run', 0, 10, 35, 50);
    const outcomes = [];
    do outcomes.push(await attempt());
    while (outcomes.at(-1) === 'waits' && outcomes.length < 10);
    expect(outcomes).toEqual(['waits', 'waits', 'waits', 'waits', 4]);
  });

  it('is begun again after a long pause, and by whoever only asks', async () => {
    const late = slowChannel('run', 0, 10);
    for (let attempts = 0; attempts < 5; attempts += 1)
      expect(await late.attempt(31)).toBe('waits');
    const asking = slowChannel(null, 0, 10);
    for (let attempts = 0; attempts < 5; attempts += 1)
      expect(await asking.attempt()).toBe('waits');
  });
});
