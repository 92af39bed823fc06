import type { CallEstimate, CreatedRange, Partition } from '../../../../connectors/sdk/contract.js';
import type { ConnectorContext } from '../../../../connectors/sdk/context.js';
import { slackBench, type SlackBench } from './slack-bench.js';

const MESSAGES = 600;
const PAGE = 50;

describe('the plan of a Slack workspace', () => {
  let slack: SlackBench;

  beforeEach(async () => {
    slack = await slackBench(
      { channels: 1, messages: MESSAGES, fileShare: 0 },
      { pageMessages: PAGE },
    );
  });
  afterEach(() => slack.bench.dispose());

  const listed = async (ctx: ConnectorContext): Promise<Partition[]> => {
    const partitions: Partition[] = [];
    for await (const partition of slack.bench.connector.partitions(ctx)) partitions.push(partition);
    return partitions;
  };
  const plan = (
    ctx: ConnectorContext,
    partitions: Partition[],
    read: readonly CreatedRange[] = [],
  ): Promise<CallEstimate[]> =>
    slack.bench.connector.plan!(
      ctx,
      partitions.map((partition) => ({ ...partition, read })),
    );

  it('leaves out the part of a channel that was read already', async () => {
    const partitions = await listed(slack.bench.context());
    const all = await plan(slack.bench.context(), partitions);
    const times = slack.simulator.truth().messages.map(({ ts }) => Number(ts) * 1000);
    const middle = new Date((Math.min(...times) + Math.max(...times)) / 2);
    const half = await plan(slack.bench.context(), partitions, [{ from: middle, to: null }]);
    for (const [at, { calls }] of all.entries()) {
      expect(half[at]!.calls).toBeGreaterThan(0.4 * calls);
      expect(half[at]!.calls).toBeLessThan(0.75 * calls);
    }
    const whole = await plan(slack.bench.context(), partitions, [{ from: null, to: null }]);
    expect(whole.map(({ calls }) => calls)).toEqual([0, 0]);
  });

  it('goes by the age of a channel, whoever has listed it', async () => {
    const ctx = slack.bench.context();
    const partitions = await listed(ctx);
    const [history, replies] = await plan(ctx, partitions);
    expect(history!.calls).toBeGreaterThan(2);
    expect(await plan(slack.bench.context(), partitions)).toEqual([history, replies]);
  });
});
