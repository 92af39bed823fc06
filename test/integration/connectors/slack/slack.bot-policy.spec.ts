import { ReferenceEngine } from '../../../../connectors/sdk/conformance/reference-engine.contract.js';
import type { SlackConfig } from '../../../../connectors/slack/slack.config.js';
import { indexedWords, slackBench, type SlackBench } from './slack-bench.js';

/** A workspace in which only what a test writes can be read. */
const EMPTY = { channels: 1, messages: 0, fileShare: 0 };
const BOT = 'Harbour bot';

describe('the policy on bots in Slack', () => {
  let it_: SlackBench;
  let engine: ReferenceEngine;
  let channel: string;
  let bots: SlackConfig['bots'];
  let bot: string;

  beforeEach(async () => {
    const start = await slackBench(EMPTY);
    const { workspace } = start.simulator;
    for (const { id } of [...workspace.workspace.channels.values()]) workspace.removeBot(id);
    bots = 'include';
    const context: typeof start.bench.context = (options) => {
      const ctx = start.bench.context(options);
      return { ...ctx, config: { ...(ctx.config as SlackConfig), bots } };
    };
    engine = new ReferenceEngine({ ...start.bench, context });
    it_ = { ...start, engine };
    channel = workspace.createChannel('harbour').id;
    bot = workspace.addBotUser(BOT).id;
  });
  afterEach(() => it_.bench.dispose());

  const post = (text: string, message: object = {}): string => {
    it_.simulator.advance(2_700_000);
    return it_.simulator.workspace.post(channel, text, message);
  };
  const reply = (ts: string, text: string, message: object = {}): string => {
    it_.simulator.advance(1_000);
    return it_.simulator.workspace.reply(channel, ts, text, message);
  };
  const byBot = () => ({ botId: bot, user: null });

  /** Threads that were read, in their order. */
  const sync = async (policy: SlackConfig['bots']): Promise<string[]> => {
    bots = policy;
    it_.simulator.log.clear();
    await engine.sync();
    const { requests } = it_.simulator.log;
    const replies = requests.filter(({ method }) => method === 'conversations.replies');
    return replies.map(({ params }) => String(params['ts'])).sort();
  };

  it('reaches the replies of bots in threads of people with the next run, both ways', async () => {
    const ts = post('harbour parent');
    reply(ts, 'a person says eel');
    reply(ts, 'a bot says cod', byBot());
    await sync('include');
    expect(indexedWords(it_)).toContain('cod');
    expect(await sync('exclude')).toEqual([ts]);
    expect(indexedWords(it_)).not.toContain('cod');
    expect(indexedWords(it_)).toContain('eel');
    expect(await sync([BOT.toUpperCase()])).toEqual([ts]);
    expect(indexedWords(it_)).toContain('cod');
    expect(await sync(['another'])).toEqual([ts]);
    expect(indexedWords(it_)).not.toContain('cod');
    expect(await sync('include')).toEqual([ts]);
    expect(indexedWords(it_)).toContain('cod');
  });

  it('reads again those threads only in which bots may have written', async () => {
    const people = post('harbour people');
    reply(people, 'a person says eel');
    const mixed = post('harbour mixed');
    reply(mixed, 'a bot says cod', byBot());
    const begun = post('a bot begins', byBot());
    reply(begun, 'a person says carp');
    const app = post('harbour app');
    reply(app, 'an app says pike', { user: it_.simulator.workspace.workspace.app.userId });
    // Slack names five of those who replied.
    const crowded = post('harbour crowd');
    const { users } = it_.simulator.workspace.workspace;
    const crowd = [...users.values()].filter(({ isBot }) => !isBot).slice(0, 6);
    expect(crowd).toHaveLength(6);
    for (const { id } of crowd) reply(crowded, 'a person says roach', { user: id });
    expect(await sync('include')).toEqual([people, mixed, begun, app, crowded].sort());
    expect(await sync('exclude')).toEqual([mixed, begun, app, crowded].sort());
  });

  it.each<[SlackConfig['bots']]>([['include'], ['exclude'], [[BOT, 'another']]])(
    'unchanged at %j, costs no call for a thread',
    async (policy) => {
      const ts = post('harbour parent');
      reply(ts, 'a bot says cod', byBot());
      await sync(policy);
      expect(await sync(policy)).toEqual([]);
    },
  );

  it.each<[SlackConfig['bots'], SlackConfig['bots']]>([
    [[], 'exclude'],
    [
      [BOT, 'another'],
      ['ANOTHER', BOT, 'another'],
    ],
  ])('that is %j means the same as %j, and reads nothing again', async (policy, other) => {
    const ts = post('harbour parent');
    reply(ts, 'a bot says cod', byBot());
    await sync(policy);
    expect(await sync(other)).toEqual([]);
  });

  it('gives a thread one version in the listing and when it is read alone', async () => {
    const ts = post('harbour parent');
    reply(ts, 'a bot says cod', byBot());
    await sync('exclude');
    const externalId = `${channel}:${ts}`;
    const { version } = engine.index.get(externalId)!;
    const ctx = it_.bench.context();
    const config = { ...(ctx.config as SlackConfig), bots };
    const ref = { externalId, partition: channel, version };
    const found = await it_.bench.connector.fetch({ ...ctx, config }, ref);
    expect(found).toMatchObject({ externalId, version });
  });

  it('reaches messages outside threads, where one of several in a row was a bot’s', async () => {
    const first = post('a person says eel');
    it_.simulator.advance(60_000);
    it_.simulator.workspace.post(channel, 'a bot says cod', byBot());
    it_.simulator.advance(60_000);
    it_.simulator.workspace.post(channel, 'a person says carp');
    await sync('include');
    expect(indexedWords(it_)).toContain('cod');
    await sync('exclude');
    expect(indexedWords(it_)).not.toContain('cod');
    expect([...engine.index.keys()].join()).toContain(first);
    await sync('include');
    expect(indexedWords(it_)).toContain('cod');
  });
});
