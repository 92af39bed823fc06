import { ReferenceEngine } from '../../../../connectors/sdk/conformance/reference-engine.contract.js';
import type { SourceDocument } from '../../../../connectors/sdk/contract.js';
import type { SlackConfig } from '../../../../connectors/slack/slack.config.js';
import { indexedWords, slackBench, type SlackBench } from './slack-bench.js';

const BOT = 'Harbour bot';

describe('messages of excluded bots in Slack', () => {
  let it_: SlackBench;
  let engine: ReferenceEngine;
  let channel: string;
  let bots: SlackConfig['bots'];
  let byBot: { botId: string; user: null };
  let areRepliesBroken: boolean;

  const unwell: typeof globalThis.fetch = (url, init) => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    if (!areRepliesBroken || !pathname.endsWith('conversations.replies')) return fetch(url, init);
    return Promise.resolve(new Response('broken', { status: 500 }));
  };

  beforeEach(async () => {
    areRepliesBroken = false;
    const empty = { channels: 1, messages: 0, fileShare: 0 };
    const start = await slackBench(empty, { fetch: unwell });
    const { workspace } = start.simulator;
    for (const { id } of [...workspace.workspace.channels.values()]) workspace.removeBot(id);
    bots = 'exclude';
    const context: typeof start.bench.context = (options) => {
      const ctx = start.bench.context(options);
      return { ...ctx, config: { ...(ctx.config as SlackConfig), bots } };
    };
    const bench = { ...start.bench, context };
    engine = new ReferenceEngine(bench);
    it_ = { ...start, bench, engine };
    channel = workspace.createChannel('harbour').id;
    byBot = { botId: workspace.addBotUser(BOT).id, user: null };
  });
  afterEach(() => it_.bench.dispose());

  const thread = (text: string, author: object, ...replies: [string, object][]): string => {
    const { simulator } = it_;
    simulator.advance(2_700_000);
    const ts = simulator.workspace.post(channel, text, author);
    for (const [reply, by] of replies) {
      simulator.advance(1_000);
      simulator.workspace.reply(channel, ts, reply, by);
    }
    return ts;
  };
  const sync = async (policy: SlackConfig['bots']) => {
    bots = policy;
    it_.simulator.log.clear();
    return engine.sync();
  };
  const threadsRead = () => it_.simulator.log.count('conversations.replies');
  const listed = async (): Promise<SourceDocument[]> => {
    const ctx = it_.bench.context();
    const found: SourceDocument[] = [];
    for await (const partition of it_.bench.connector.partitions(ctx))
      for await (const page of it_.bench.connector.pull(ctx, partition, 'history', null))
        found.push(...page.documents);
    return found;
  };

  it('name no thread in which people answered', async () => {
    const ts = thread('codfish alert', byBot, ['a person says eel', {}]);
    const [document, ...more] = await listed();
    expect(more).toEqual([]);
    expect(document!.title).toMatch(/^Thread of .* in #harbour$/);
    expect(document!.author).toBeNull();
    expect(JSON.stringify(document)).not.toContain(BOT);
    await sync('exclude');
    expect(indexedWords(it_)).toContain('eel');
    expect(indexedWords(it_)).not.toContain('codfish');
    const ref = { externalId: `${channel}:${ts}`, partition: channel, version: null };
    const alone = await it_.bench.connector.fetch(it_.bench.context(), ref);
    expect(alone).toMatchObject({ title: document!.title, version: document!.version });
  });

  it('make no document where nobody else wrote, and cost no call', async () => {
    thread('codfish alert', byBot, ['codfish again', byBot]);
    const { skipped } = await sync('exclude');
    // Once by each of the two lanes that list.
    expect(skipped).toEqual({ bot_message: 2 });
    expect(engine.index.size).toBe(0);
    expect(threadsRead()).toBe(0);
  });

  it('make none where only the replies tell, and are looked for once', async () => {
    const another = { botId: it_.simulator.workspace.addBotUser('Another').id, user: null };
    thread('codfish alert', byBot, ['codfish again', byBot]);
    const mixed = thread('pike alert', byBot, ['perch answers', another]);
    await sync(['ANOTHER']);
    expect([...engine.index.keys()]).toEqual([`${channel}:${mixed}`]);
    expect(indexedWords(it_)).toContain('perch');
    expect(threadsRead()).toBe(2);
    await sync(['ANOTHER']);
    expect(threadsRead()).toBe(0);
  });

  it.each<[SlackConfig['bots']]>([['exclude'], [['another']]])(
    'are removed with their threads when the policy becomes %j, and come back',
    async (policy) => {
      thread('codfish alert', byBot, ['codfish again', byBot]);
      thread('a person begins', {}, ['a person says eel', {}]);
      await sync('include');
      expect(engine.index.size).toBe(2);
      const { deleted } = await sync(policy);
      expect(deleted).toHaveLength(1);
      expect(indexedWords(it_)).not.toContain('codfish');
      await sync('include');
      expect(indexedWords(it_)).toContain('codfish');
    },
  );

  it('who wrote in the name of a person are read as soon as they are kept', async () => {
    const { workspace } = it_.simulator;
    const person = [...workspace.workspace.users.values()].find(({ isBot }) => !isBot)!;
    const ts = thread('a person begins', {}, ['codfish again', { ...byBot, user: person.id }]);
    workspace.delete(channel, ts);
    await sync('exclude');
    expect(indexedWords(it_)).not.toContain('codfish');
    await sync('include');
    expect(indexedWords(it_)).toContain('codfish');
  });

  it('leave a thread in place that Slack alone cannot read', async () => {
    const ts = thread('codfish alert', byBot, ['a person says eel', {}]);
    await sync('exclude');
    areRepliesBroken = true;
    const externalId = `${channel}:${ts}`;
    const ref = { externalId, partition: channel, version: null };
    const verdicts = await it_.bench.connector.verify(it_.bench.context(), [ref]);
    expect(verdicts).toEqual([{ externalId, state: 'alive' }]);
  });

  it('leave a thread that somebody joins later', async () => {
    const ts = thread('codfish alert', byBot, ['codfish again', byBot]);
    await sync('exclude');
    it_.simulator.advance(1_000);
    it_.simulator.workspace.reply(channel, ts, 'a person says eel');
    await sync('exclude');
    expect(indexedWords(it_)).toContain('eel');
  });

  it('keep their files out, also where the policy is changed', async () => {
    const { workspace } = it_.simulator;
    const { userId } = workspace.workspace.app;
    const { botId } = workspace.workspace.users.get(userId)!;
    const share = (name: string, content: string, author?: { user: string; botId: string }) => {
      it_.simulator.advance(2_700_000);
      workspace.addFile(channel, { name, content, ...(author && { user: author.user }) }, author);
    };
    share('by-bot.txt', 'codfish report', { user: userId, botId: botId! });
    share('by-person.txt', 'eel report');
    await sync('include');
    expect(indexedWords(it_)).toContain('codfish');
    const { skipped } = await sync('exclude');
    expect(skipped).toMatchObject({ bot_message: 2 });
    expect(indexedWords(it_)).not.toContain('codfish');
    expect(indexedWords(it_)).toContain('eel report');
    await sync([botId!]);
    expect(indexedWords(it_)).toContain('codfish');
  });
});
