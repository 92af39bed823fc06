import { isWanted } from './channels.js';
import { dropReason } from './message-policy.js';
import { SlackConfig, SlackCredentials } from './slack.config.js';

describe('selection of channels', () => {
  const wanted = (name: string, config: object): boolean =>
    isWanted({ id: `C_${name}`, name }, SlackConfig.parse(config));

  it.each([
    [{}, ['team-a', 'random', 'team-b-old']],
    [{ include: ['team-*'] }, ['team-a', 'team-b-old']],
    [{ include: ['#TEAM-?'] }, ['team-a']],
    [{ include: ['C_random'] }, ['random']],
    [{ include: ['team-*'], exclude: ['*-old'] }, ['team-a']],
    [{ include: ['team.a'] }, []],
  ])('by %j', (config, expected) => {
    const all = ['team-a', 'random', 'team-b-old'];
    expect(all.filter((name) => wanted(name, config))).toEqual(expected);
  });
});

describe('selection of messages', () => {
  const reason = (message: object, bots: SlackConfig['bots'] = 'include') =>
    dropReason({ ts: '1.000000', ...message }, bots);

  it('leaves out what nobody wrote', () => {
    expect(reason({ subtype: 'channel_join' })).toBe('system_message');
    expect(reason({ subtype: 'tombstone' })).toBe('deleted_message');
    expect(reason({ subtype: 'me_message' })).toBeNull();
    expect(reason({ subtype: 'file_share' })).toBeNull();
  });

  it('keeps bots, leaves them out, or keeps some', () => {
    const bot = { bot_id: 'B1', app_id: 'A1', bot_profile: { name: 'Deploy Bot' } };
    expect(reason(bot)).toBeNull();
    expect(reason(bot, 'exclude')).toBe('bot_message');
    expect(reason(bot, ['deploy bot'])).toBeNull();
    expect(reason(bot, ['A1'])).toBeNull();
    expect(reason(bot, ['B2'])).toBe('bot_message');
    expect(reason({ user: 'U1' }, 'exclude')).toBeNull();
  });
});

describe('configuration', () => {
  it('has defaults, and refuses what it does not know', () => {
    expect(SlackConfig.parse({})).toMatchObject({
      channels: 'joined',
      private: true,
      bots: 'include',
      session_gap_minutes: 30,
      audit_days: 7,
      files: true,
    });
    expect(SlackConfig.safeParse({ chanels: 'all' }).success).toBe(false);
    expect(SlackCredentials.safeParse({ bot_token: 'secret' }).success).toBe(false);
    expect(SlackCredentials.safeParse({ bot_token: 'xoxb-1-2-abc' }).success).toBe(true);
  });
});
