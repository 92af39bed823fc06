import type { Partition } from '../../../../connectors/sdk/contract.js';
import { slackBench, type SlackBench } from './slack-bench.js';

describe('questions to Slack where a run would join channels', () => {
  let it_: SlackBench;
  let foreign: string;

  beforeEach(async () => {
    const scopes = ['channels:read', 'channels:history', 'channels:join', 'users:read'];
    it_ = await slackBench(
      { channels: 1, messages: 20, fileShare: 0, scopes },
      { config: { channels: 'all', join: true, private: false, files: false } },
    );
    foreign = it_.simulator.workspace.createChannel('foreign', { bot: false }).id;
    it_.simulator.workspace.post(foreign, 'harbour eel');
  });
  afterEach(() => it_.bench.dispose());

  const joins = () => it_.simulator.log.count('conversations.join');

  it('join none, and list them as if they had', async () => {
    const { connector, context } = it_.bench;
    const ctx = context({ run: null });
    await connector.account(ctx);
    await connector.probe(ctx);
    const partitions: Partition[] = [];
    for await (const partition of connector.partitions(ctx)) partitions.push(partition);
    expect(partitions).toContainEqual({ key: foreign, title: '#foreign' });
    const asked = partitions.map((partition) => ({ ...partition, read: [] }));
    expect(await connector.plan!(ctx, asked)).toHaveLength(2);
    const ids: string[] = [];
    for (const partition of partitions)
      for (const { name } of connector.lanes)
        for await (const page of connector.pull(ctx, partition, name, null))
          ids.push(...page.documents.map(({ externalId }) => externalId));
    const refs = ids.map((externalId) => {
      const partition = externalId.split(':')[0]!;
      return { externalId, partition, version: null };
    });
    expect(refs.length).toBeGreaterThan(0);
    await connector.verify(ctx, refs);
    await connector.fetch(ctx, refs[0]!);
    expect(joins()).toBe(0);
  });

  it('leave the joining to the run', async () => {
    await it_.engine.sync();
    expect(joins()).toBeGreaterThan(0);
    expect([...it_.engine.index.values()].map(({ text }) => text).join()).toContain('harbour eel');
  });
});
