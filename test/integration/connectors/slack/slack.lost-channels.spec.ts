import type { DocumentRef } from '../../../../connectors/sdk/contract.js';
import { slackBench, type SlackBench } from './slack-bench.js';

const WORKSPACE = { seed: 11, channels: 3, messages: 900 };

/** What a look into one channel may take: what it is called, and whether it can be read. */
const CALLS_OF_A_CHANNEL = 2;

describe('a Slack channel that is out of reach', () => {
  let it_: SlackBench;
  afterEach(() => it_.bench.dispose());

  const start = async (config: object = {}): Promise<void> => {
    it_ = await slackBench(WORKSPACE, { config });
    await it_.engine.sync();
    it_.simulator.log.clear();
  };

  const channels = (): string[] => [
    ...new Set([...it_.engine.index.values()].map(({ partition }) => partition)),
  ];

  const refsOf = (channel: string): DocumentRef[] =>
    [...it_.engine.index]
      .filter(([, { partition }]) => partition === channel)
      .map(([externalId, { partition, version }]) => ({ externalId, partition, version }));

  const calls = (): Record<string, number> => {
    const { log } = it_.simulator;
    const counted = ['conversations.info', 'conversations.history', 'conversations.replies'];
    const all = [...counted, 'files.info'];
    return Object.fromEntries(all.map((method) => [method, log.count(method)]));
  };

  const sum = (counts: Record<string, number>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0);

  it.each([
    ['the bot was removed from', 'joined', (channel: string) => remove(channel)],
    ['the bot was removed from, with all channels listed,', 'all', (id: string) => remove(id)],
    ['was deleted', 'joined', (channel: string) => deleteIt(channel)],
  ])('that %s (%s) costs calls by channels, not by documents', async (_, mode, lose) => {
    await start({ channels: mode });
    const [lost, other] = channels();
    const known = refsOf(lost!);
    expect(known.length).toBeGreaterThan(20);
    const kinds = known.map(({ externalId }) => externalId.split(':')[1]!.slice(0, 1));
    expect(new Set(kinds).size).toBeGreaterThan(2);
    lose(lost!);
    const verdicts = await it_.bench.connector.verify(it_.bench.context(), known);
    expect(verdicts.map(({ externalId }) => externalId)).toEqual(
      known.map(({ externalId }) => externalId),
    );
    expect(new Set(verdicts.map(({ state }) => state))).toEqual(new Set(['lost_access']));
    expect(sum(calls())).toBeLessThanOrEqual(CALLS_OF_A_CHANNEL);
    const report = await it_.engine.sync();
    expect(Object.keys(report.kept).sort()).toEqual(known.map((ref) => ref.externalId).sort());
    expect(report.deleted).toEqual([]);
    expect(refsOf(other!).length).toBeGreaterThan(0);
  });

  it('is asked about once, also when its documents are read one by one', async () => {
    await start();
    const [lost] = channels();
    remove(lost!);
    const ctx = it_.bench.context();
    for (const ref of refsOf(lost!))
      expect(await it_.bench.connector.fetch(ctx, ref)).toEqual({
        gone: true,
        state: 'lost_access',
      });
    expect(sum(calls())).toBeLessThanOrEqual(CALLS_OF_A_CHANNEL);
  });

  it('is asked about anew by the next run', async () => {
    await start();
    const [lost] = channels();
    remove(lost!);
    const refs = refsOf(lost!);
    const states = async () => {
      const verdicts = await it_.bench.connector.verify(it_.bench.context(), refs);
      return new Set(verdicts.map(({ state }) => state));
    };
    expect(await states()).toEqual(new Set(['lost_access']));
    it_.simulator.workspace.addBot(lost!);
    expect(await states()).toEqual(new Set(['alive']));
  });

  it('settles no other channel', async () => {
    await start();
    const [lost, ...others] = channels();
    remove(lost!);
    const refs = others.flatMap(refsOf).slice(0, 20);
    const all = [...refsOf(lost!).slice(0, 5), ...refs];
    const verdicts = await it_.bench.connector.verify(it_.bench.context(), all);
    expect(verdicts.slice(5).filter(({ state }) => state !== 'alive')).toEqual([]);
  });

  it.each(['thread_not_found', 'no_permission'])(
    'is not concluded from %s for one document',
    async (code) => {
      await start();
      const [channel] = channels();
      const refs = refsOf(channel!);
      const files = refs.filter(({ externalId }) => externalId.includes(':f:'));
      const others = refs.filter((ref) => !files.includes(ref));
      expect(files.length).toBeGreaterThan(0);
      const method = code === 'thread_not_found' ? 'conversations.replies' : 'files.info';
      it_.simulator.faults.add({ match: { method }, do: code, times: null });
      const { connector } = it_.bench;
      const verdicts = await connector.verify(it_.bench.context(), [...files, ...others]);
      const states = verdicts.slice(files.length).map(({ state }) => state);
      expect(states.length).toBeGreaterThan(20);
      expect(new Set(states)).toEqual(new Set(['alive']));
    },
  );

  it('is in reach again for a run that has listed it meanwhile', async () => {
    await start();
    const [channel] = channels();
    const refs = refsOf(channel!);
    const ctx = it_.bench.context();
    remove(channel!);
    await it_.bench.connector.verify(ctx, refs.slice(0, 1));
    it_.simulator.workspace.addBot(channel!);
    const pages = it_.bench.connector.pull(ctx, { key: channel!, title: '' }, 'history', null);
    for await (const page of pages) expect(page.failures).toEqual([]);
    const verdicts = await it_.bench.connector.verify(ctx, refs);
    expect(new Set(verdicts.map(({ state }) => state))).toEqual(new Set(['alive']));
  });

  it('is not concluded from an outage', async () => {
    await start();
    const [channel] = channels();
    const ctx = it_.bench.context();
    const refs = refsOf(channel!);
    const match = { method: 'conversations.history' };
    const outage = it_.simulator.faults.add({ match, do: 500, times: null });
    await expect(it_.bench.connector.verify(ctx, refs)).rejects.toThrow();
    it_.simulator.faults.remove(outage);
    const verdicts = await it_.bench.connector.verify(ctx, refs);
    expect(new Set(verdicts.map(({ state }) => state))).toEqual(new Set(['alive']));
  });

  const remove = (channel: string): void => it_.simulator.workspace.removeBot(channel);
  const deleteIt = (channel: string): void => it_.simulator.workspace.deleteChannel(channel);
});
