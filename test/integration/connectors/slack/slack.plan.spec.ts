import type { CallEstimate, Partition } from '../../../../connectors/sdk/contract.js';
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
  const plan = (ctx: ConnectorContext, partitions: Partition[]): Promise<CallEstimate[]> =>
    slack.bench.connector.plan!(ctx, partitions);

  it('goes by the age of a channel, whoever has listed it', async () => {
    const ctx = slack.bench.context();
    const partitions = await listed(ctx);
    const [history, replies] = await plan(ctx, partitions);
    expect(history!.calls).toBeGreaterThan(2);
    expect(await plan(slack.bench.context(), partitions)).toEqual([history, replies]);
  });
});
