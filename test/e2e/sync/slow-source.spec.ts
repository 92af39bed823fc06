import { TimeSlice } from '../../../src/sync/engine/time-slice.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import { SlowSlack } from '../../support/fault-matrix/slow-slack.js';
import { textOf } from '../../support/fault-matrix/synced-source.js';

/** Minutes after which a run that gets ahead with every call has long ended. */
const MOST = 24;

describeOnOneDatabase('a source of one call a minute', (open) => {
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

  it('is read to its end, one thread a minute', async () => {
    await slack.source.fill({ one: 4 });
    slack.slowDown();
    const run = await slack.drive(await slack.source.ask(), MOST);
    expect(run).toMatchObject({ status: 'success', error: null, counts: { created: 4 } });
    await slack.source.expectIndexToEqualSource();
    // Four threads, and the second lane's listing.
    expect(run.attempt).toBeLessThanOrEqual(6);
  });

  it('is read again from one end to the other when everything is asked for', async () => {
    await slack.source.fill({ one: 4 });
    await slack.source.sync();
    slack.slowDown();
    const run = await slack.drive(await slack.source.ask({ full: true }), MOST);
    expect(run).toMatchObject({ status: 'success', error: null });
    expect(run.attempt).toBeLessThanOrEqual(6);
    await slack.source.expectIndexToEqualSource();
  });

  it('settles one document that is waited for in each minute', async () => {
    const { one } = await slack.source.fill({ one: 5 });
    await slack.source.sync();
    slack.slowDown();
    await slack.expect(one.ids);
    const run = await slack.drive(await slack.source.ask(), MOST);
    expect(run).toMatchObject({ status: 'success', error: null });
    expect(await slack.pendingRefs()).toBe(0);
    // Half of the minutes belong to the listing, until it has ended.
    expect(run.attempt).toBeLessThanOrEqual(8);
    await slack.source.expectIndexToEqualSource();
  });

  it('is listed although somebody waits for a document in every minute', async () => {
    const { one } = await slack.source.fill({ one: 3 });
    await slack.source.sync();
    const added = [];
    for (const name of ['new', 'newer'])
      added.push(await slack.editor.put(one.key, name, textOf(`what is ${name}`)));
    slack.slowDown();
    await slack.expect(one.ids);
    await slack.drive(await slack.source.ask(), MOST, () => slack.expect(one.ids));
    expect([...(await slack.source.visible())]).toEqual(expect.arrayContaining(added));
  });

  it('whose plan hides messages is listed once per channel and run, and the run says so', async () => {
    const { one, two } = await slack.source.fill({ one: 1, two: 1 });
    for (const { key } of [one, two]) await slack.editor.truncateListing(key);
    slack.slowDown();
    const run = await slack.drive(await slack.source.ask(), MOST);
    expect(run).toMatchObject({ status: 'partial', error: null });
    // Two lanes list each of two channels.
    expect(run.attempt).toBeLessThanOrEqual(6);
    await slack.source.expectIndexToEqualSource();
  });

  it('comes to its end although the run gives its slot up after every page', async () => {
    await slack.source.fill({ one: 1, two: 1, three: 1 });
    for (const key of [...slack.simulator.workspace.workspace.channels.keys()])
      await slack.editor.truncateListing(key);
    const isOver = jest.spyOn(TimeSlice.prototype, 'isOver').mockResolvedValue(true);
    try {
      const run = await slack.source.settled(await slack.source.ask());
      expect(run).toMatchObject({ status: 'partial', attempt: 1 });
    } finally {
      isOver.mockRestore();
    }
    await slack.source.expectIndexToEqualSource();
  });
});
