import type { ReferenceEngine } from '../../../../connectors/sdk/conformance/reference-engine.contract.js';
import { expectIndexToHoldTheTruth, slackBench, type SlackBench } from './slack-bench.js';

const WORKSPACE = { seed: 11, channels: 6, messages: 900 };
const DAY_MS = 86_400_000;

describe('Slack', () => {
  let it_: SlackBench;

  const start = async (...args: Parameters<typeof slackBench>): Promise<SlackBench> => {
    it_ = await slackBench(...args);
    return it_;
  };

  afterEach(async () => {
    await it_.bench.dispose();
    expect(it_.simulator.violations).toEqual([]);
  });

  it('is read whole, with threads, files, blocks and attachments', async () => {
    const { engine } = await start(WORKSPACE, { pageMessages: 50 });
    const report = await engine.sync();
    expectIndexToHoldTheTruth(it_);
    expect(report.failures).toEqual([]);
    expect(report.complete).toHaveLength(6);
  });

  it('unchanged, costs one call per page and reads no thread', async () => {
    const { engine, simulator } = await start(WORKSPACE);
    await engine.sync();
    simulator.log.clear();
    const report = await engine.sync();
    expect(report.read).toEqual([]);
    expect(simulator.log.count('conversations.history')).toBe(6);
    expect(simulator.log.count('conversations.replies')).toBe(0);
    expect(simulator.log.count('users.list')).toBe(0);
  });

  it('gives the same documents however its history is cut into pages', async () => {
    const { engine, simulator, bench } = await start(WORKSPACE);
    await engine.sync();
    for (const pageMessages of [7, 33, 100]) {
      const other = await slackBench({ ...WORKSPACE, port: 0 }, { pageMessages });
      await other.engine.sync();
      expect([...other.engine.index.keys()].sort()).toEqual([...engine.index.keys()].sort());
      expect(texts(other.engine)).toEqual(texts(engine));
      await other.bench.dispose();
    }
    expect(simulator.truth().messages.length).toBeGreaterThan(0);
    expect(bench.connector.provider).toBe('slack');
  });

  it('is followed through edits, deletions and replies to threads of any age', async () => {
    const { engine, simulator } = await start(WORKSPACE, { pageMessages: 50 });
    await engine.sync();
    const { workspace } = simulator;
    const threads = parents(it_);
    const [oldest, second] = threads;
    const newest = threads.at(-1)!;
    simulator.advance(3_600_000);
    workspace.reply(oldest!.channel, oldest!.ts, 'An answer to the oldest thread of all.');
    workspace.edit(second!.channel, second!.ts, 'The parent was written anew.');
    workspace.delete(newest.channel, newest.ts);
    const alone = outsideThreads(it_);
    workspace.delete(alone[0]!.channel, alone[0]!.ts);
    workspace.edit(alone[5]!.channel, alone[5]!.ts, 'A message of a session was written anew.');
    workspace.reply(alone[9]!.channel, alone[9]!.ts, 'It has become a thread now.');
    const victim = replies(it_).find(({ threadTs }) => threadTs !== newest.ts)!;
    workspace.delete(victim.channel, victim.ts);
    await engine.sync();
    expectIndexToHoldTheTruth(it_);
  });

  it('shows an edited reply within one cycle of the audit', async () => {
    const { engine, simulator, bench } = await start(WORKSPACE);
    const skewed = (days: number) => engine.sync({ skewMs: days * DAY_MS });
    await skewed(0);
    const reply = replies(it_)[3]!;
    simulator.workspace.edit(reply.channel, reply.ts, 'The reply was written anew.');
    for (let day = 1; day <= 8; day++) await skewed(day);
    expectIndexToHoldTheTruth(it_);
    expect(bench.connector.lanes.map(({ name }) => name)).toContain('audit');
  });

  it('goes on where it was when cursors expire in the middle', async () => {
    const { engine, simulator } = await start(WORKSPACE, { pageMessages: 20 });
    simulator.faults.add({
      match: { method: 'conversations.history' },
      do: 'stale_cursor',
      times: 5,
    });
    const report = await engine.sync();
    expect(report.complete).toHaveLength(6);
    expectIndexToHoldTheTruth(it_);
  });

  it('survives pages that are short or empty', async () => {
    const { engine, simulator } = await start(WORKSPACE, { pageMessages: 20 });
    const match = { method: 'conversations.history' };
    simulator.faults.add({ match: { ...match, nth: 3 }, do: 'short_page', times: 3 });
    simulator.faults.add({ match: { ...match, nth: 5 }, do: 'empty_page', times: 2 });
    await engine.sync();
    expectIndexToHoldTheTruth(it_);
  });

  it('keeps what was said in a channel that is archived', async () => {
    const { engine, simulator } = await start(WORKSPACE);
    await engine.sync();
    const size = engine.index.size;
    const [channel] = simulator.workspace.workspace.channels.values();
    simulator.workspace.archive(channel!.id);
    const report = await engine.sync();
    expect(report.deleted).toEqual([]);
    expect(engine.index.size).toBe(size);
  });

  it('says that channels which were left or deleted are out of reach, not gone', async () => {
    const { engine, simulator } = await start(WORKSPACE);
    await engine.sync();
    const [left, deleted] = parents(it_)
      .map(({ channel }) => channel)
      .filter((channel, at, all) => all.indexOf(channel) === at);
    simulator.workspace.removeBot(left!);
    simulator.workspace.deleteChannel(deleted!);
    const report = await engine.sync();
    expect(report.deleted).toEqual([]);
    expect(new Set(Object.values(report.kept))).toEqual(new Set(['lost_access']));
  });

  it('shows every document alike in the listing and when it is read alone', async () => {
    const { bench, engine } = await start({ ...WORKSPACE, messages: 300 });
    await engine.sync();
    const context = bench.context();
    for (const [externalId, { partition, version, text }] of engine.index) {
      const found = await bench.connector.fetch(context, { externalId, partition, version });
      if ('gone' in found) throw new Error(`${externalId} is there`);
      expect({ externalId, version: found.version }).toEqual({ externalId, version });
      const body = typeof found.body === 'function' ? await found.body() : found.body;
      expect('text' in body ? body.text : Buffer.from(body.bytes).toString('utf8')).toBe(text);
    }
    const refs = [...engine.index].map(([externalId, { partition }]) => ({
      externalId,
      partition,
      version: null,
    }));
    const verdicts = await bench.connector.verify(bench.context(), refs);
    expect(verdicts.filter(({ state }) => state !== 'alive')).toEqual([]);
  });
});

const texts = (engine: ReferenceEngine) =>
  Object.fromEntries([...engine.index].map(([id, { text }]) => [id, text]));

const messagesOf = ({ simulator }: SlackBench) =>
  [...simulator.truth().messages]
    .filter((message) => !message.isNotice)
    .sort((a, b) => Number(a.ts) - Number(b.ts));

const parents = (it_: SlackBench) => messagesOf(it_).filter(({ ts, threadTs }) => ts === threadTs);
const outsideThreads = (it_: SlackBench) => messagesOf(it_).filter((it) => it.threadTs === null);
const replies = (it_: SlackBench) =>
  messagesOf(it_).filter(({ ts, threadTs }) => threadTs !== null && ts !== threadTs);
