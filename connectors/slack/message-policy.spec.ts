import { Directory } from './directory.js';
import { hashOf } from './hash.js';
import { botPolicyOf } from './message-policy.js';
import { render } from './rendered-message.js';
import { threadDocument, viewOf } from './slack-documents.js';
import type { SlackMessage } from './slack-message.js';
import type { SlackConfig } from './slack.config.js';
import type { SlackSource } from './slack-source.js';

const PARENT: SlackMessage = {
  ts: '1700000000.000100',
  user: 'U1',
  text: 'harbour',
  reply_count: 2,
  reply_users: ['U1', 'U2'],
  reply_users_count: 2,
  latest_reply: '1700000100.000100',
};
const BOTS: SlackMessage = { ...PARENT, reply_users: ['U1', 'B1'] };

const names = new Directory();
names.addUser('U1', 'Anna');
names.addUser('U2', 'Ben');

describe('the policy on bots', () => {
  it.each<[string, SlackMessage]>([
    ['a bot is among those who replied', BOTS],
    ['a bot began it', { ...PARENT, bot_id: 'B1' }],
    ['not all who replied are named', { ...PARENT, reply_users_count: 6 }],
    ['nobody says how many replied', { ...PARENT, reply_users_count: undefined }],
  ])('matters to a thread where %s', (_, parent) => {
    expect(botPolicyOf(parent, 'include', names)).toBeNull();
    expect(botPolicyOf(parent, 'exclude', names)).toEqual([]);
    expect(botPolicyOf(parent, ['Y', 'x', 'X'], names)).toEqual(['x', 'y']);
  });

  it('matters to no thread of people', () => {
    expect(botPolicyOf(PARENT, 'exclude', names)).toBeNull();
    expect(botPolicyOf(PARENT, ['x'], names)).toBeNull();
  });

  it('leaves versions as they were where it says nothing', () => {
    const versionOf = (parent: SlackMessage, bots: SlackConfig['bots']): string => {
      const identity = { url: 'https://harbour.slack.example/' };
      const source = { names, identity, config: { bots } } as SlackSource;
      return threadDocument(source, viewOf({ id: 'C1' }), parent, () =>
        Promise.reject(new Error('not read')),
      ).version;
    };
    for (const parent of [PARENT, BOTS]) {
      const plain = hashOf([render(parent, names).hash, 2, parent.latest_reply]);
      expect(versionOf(parent, 'include')).toBe(plain);
      expect(versionOf(parent, 'exclude') === plain).toBe(parent === PARENT);
      expect(versionOf(parent, ['x']) === plain).toBe(parent === PARENT);
    }
    expect(versionOf(BOTS, ['x'])).not.toBe(versionOf(BOTS, 'exclude'));
  });
});
