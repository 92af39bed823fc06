import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import { SlowSlack } from '../../support/fault-matrix/slow-slack.js';

const THREADS = 18;

describeOnOneDatabase('the plan of a Slack workspace in the slow tier', (open) => {
  let bench: EngineBench;
  let slack: SlowSlack;

  beforeAll(async () => {
    bench = await EngineBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    slack = await SlowSlack.attach(bench);
  });
  afterEach(() => bench.detach());

  const plan = async () => (await slack.source.post('plan')).body;
  const explain = async (id: string) => {
    const query = new URLSearchParams({ connection: slack.source.connection, external_id: id });
    const path = `/v1/memory/documents/explain?${query.toString()}`;
    return (await bench.app.request('GET', path)).body;
  };

  it('has calls left until the channel is read to its end', async () => {
    const { one } = await slack.source.fill({ one: THREADS });
    slack.slowDown();
    const begun = await slack.drive(await slack.source.ask(), 5);
    expect(begun.status).toBe('waiting');
    const first = await plan();
    expect(first).toMatchObject({ done: { partitions: 0 }, partitions: [{ complete: false }] });
    expect(first.calls).toBeGreaterThan(0);
    const oldest = one.ids[0]!;
    expect(await explain(oldest)).toMatchObject({ verdict: 'not_reached' });
    // The quick lane has ended: its page and fifteen threads, a minute each.
    await slack.drive(begun.id, 16);
    const later = await plan();
    expect(later).toMatchObject({ done: { partitions: 0, documents: 15 } });
    expect(later.calls).toBeGreaterThan(0);
    expect(await explain(oldest)).toMatchObject({ verdict: 'not_reached' });

    // The long lane has listed its first page.
    await slack.drive(begun.id, 18);
    const last = await plan();
    expect(last.calls).toBeGreaterThan(0);
    expect(last.calls).toBeLessThan(later.calls / 2);

    const run = await slack.drive(begun.id, 60);
    expect(run).toMatchObject({ status: 'success', error: null });
    expect(await plan()).toMatchObject({ calls: 0, done: { partitions: 1, documents: THREADS } });
    expect(await explain('nobody')).toMatchObject({ verdict: 'unknown' });
  });
});
