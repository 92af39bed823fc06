import { type Bench, textOf } from '../../../../connectors/sdk/conformance/harness.contract.js';
import { ReferenceEngine } from '../../../../connectors/sdk/conformance/reference-engine.contract.js';
import {
  indexedWords,
  slackBench,
  type SlackBench,
  type SlackBenchOptions,
} from './slack-bench.js';

const EMPTY = { channels: 1, messages: 0, fileShare: 0 };
const BROADCAST = { subtype: 'thread_broadcast' } as const;
const SAID = 'the pilot said it to everybody';

describe('a reply that was also sent to the channel', () => {
  let it_: SlackBench;
  let channel: string;
  let parent: string;
  let reply: string;
  afterEach(() => it_.bench.dispose());

  const start = async (between = 0, options: SlackBenchOptions = {}): Promise<void> => {
    it_ = await slackBench(EMPTY, options);
    const { simulator } = it_;
    const { workspace } = simulator;
    for (const { id } of [...workspace.workspace.channels.values()]) workspace.removeBot(id);
    channel = workspace.createChannel('a').id;
    const say = (text: string): string => {
      simulator.advance(2_700_000);
      return workspace.post(channel, text);
    };
    say('an older message');
    parent = say('harbour parent');
    for (let i = 0; i < between; i++) say(`in between ${i}`);
    simulator.advance(2_700_000);
    reply = workspace.reply(channel, parent, SAID, BROADCAST);
    say('a newer message');
  };

  /** As retention does it: nothing of the parent is left, what was sent to the channel is. */
  const loseParent = (): void => {
    const { workspace } = it_.simulator.workspace;
    const found = workspace.channel(channel);
    found.history.remove(workspace.message(found, parent));
  };

  const ids = (): string[] => [...it_.engine.index.keys()].sort();
  const own = (): string => `${channel}:s:${reply}`;
  const calls = (): number => it_.simulator.log.count('conversations.history');
  const timesSaid = (): number => indexedWords(it_).split(SAID).length - 1;
  const ref = () => ({ externalId: own(), partition: channel, version: null });

  it.each([
    ['on the same page', 0, 999],
    ['pages further back', 7, 2],
  ])('is in its thread once where that begins %s', async (_, between, pageMessages) => {
    await start(between, { pageMessages });
    await it_.engine.sync();
    expect(ids()).not.toContain(own());
    expect(timesSaid()).toBe(1);
  });

  it.each([
    ['on the same page', 0, 999],
    ['pages further back', 7, 2],
  ])('is found when its thread is gone that began %s', async (_, between, pageMessages) => {
    await start(between, { pageMessages });
    await it_.engine.sync();
    loseParent();
    const report = await it_.engine.sync();
    expect(report.deleted).toEqual([`${channel}:${parent}`]);
    expect(ids()).toContain(own());
    expect(timesSaid()).toBe(1);

    it_.simulator.log.clear();
    expect(await it_.engine.sync()).toMatchObject({ read: [], deleted: [], kept: {} });
    expect(it_.simulator.log.count('conversations.replies')).toBe(0);
    const listing = calls();
    it_.simulator.workspace.edit(channel, reply, 'the pilot said another thing');
    await it_.engine.sync();
    expect(indexedWords(it_)).toContain('another thing');
    expect(calls()).toBe(2 * listing);

    it_.simulator.workspace.delete(channel, reply);
    expect((await it_.engine.sync()).deleted).toEqual([own()]);
    expect(indexedWords(it_)).not.toContain('another thing');
  });

  it('is found in a first run, also when that is cut short and goes on', async () => {
    await start(7, { pageMessages: 2 });
    loseParent();
    await expect(it_.engine.sync({ lane: 'history', killAtPage: 2 })).rejects.toThrow();
    await it_.engine.sync();
    expect(ids()).toContain(own());
    expect(timesSaid()).toBe(1);
  });

  it('is found, and stays, where the history is listed in slices', async () => {
    await start(40, { pageMessages: 2 });
    const { bench } = it_;
    const context: Bench['context'] = (of) => ({ ...bench.context(of), interval: 60 });
    const engine = new ReferenceEngine({ ...bench, context, connector: bench.connector });
    await engine.sync();
    loseParent();
    let runs = 0;
    for (; runs < 40 && !engine.index.has(own()); runs++)
      expect(Object.values((await engine.sync()).gaps)).toEqual(['rotating']);
    expect(runs).toBeGreaterThan(1);
    expect(runs).toBeLessThan(40);
    for (let i = 0; i < 20; i++)
      expect(await engine.sync()).toMatchObject({ read: [], deleted: [] });
    it_.simulator.workspace.delete(channel, reply);
    for (runs = 0; runs < 40 && engine.index.has(own()); runs++) await engine.sync();
    expect(runs).toBeLessThan(40);
  });

  it('is looked up by itself only while its thread is gone', async () => {
    await start();
    const { bench } = it_;
    const ctx = bench.context();
    const [there] = await bench.connector.verify(ctx, [ref()]);
    expect(there!.state).toBe('gone');
    expect(await bench.connector.fetch(ctx, ref())).toEqual({ gone: true, state: 'gone' });
    loseParent();
    const [lost] = await bench.connector.verify(ctx, [ref()]);
    expect(lost!.state).toBe('alive');
    const found = await bench.connector.fetch(ctx, ref());
    if ('gone' in found) throw new Error('the reply is there');
    await it_.engine.sync();
    expect(found.version).toBe(it_.engine.index.get(own())!.version);
    expect(textOf(found.body as never)).toContain(SAID);
  });

  it('is left out when a bot wrote it and bots are', async () => {
    await start(0, { config: { bots: 'exclude' } });
    const { workspace } = it_.simulator;
    const botId = workspace.addBotUser('echo').id;
    workspace.reply(channel, parent, 'beep beep', { ...BROADCAST, botId });
    loseParent();
    await it_.engine.sync();
    expect(timesSaid()).toBe(1);
    expect(indexedWords(it_)).not.toContain('beep');
  });
});
