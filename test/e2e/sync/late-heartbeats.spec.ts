import { RunQueue } from '../../../src/runs/run-queue.js';
import { RunReaper } from '../../../src/sync/worker/run-reaper.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { Gate } from '../../support/eventually.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import type { SyncedSource } from '../../support/fault-matrix/synced-source.js';
import { filesHarness } from '../../support/files-source.js';

describeOnOneDatabase('a run whose process was too busy to renew its lease', (open) => {
  let bench: EngineBench;
  let source: SyncedSource;
  let held: Gate;

  beforeAll(async () => {
    bench = await EngineBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = await bench.attach(filesHarness());
    held = new Gate();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    held.open();
    return bench.detach();
  });

  it('is not taken from it by its own reaper, and ends with its first attempt', async () => {
    await source.fill({ one: 3 });
    bench.hooks = { afterRead: () => held.pass() };
    const queue = bench.app.nest.get(RunQueue);
    const beats = jest.spyOn(queue, 'heartbeat').mockResolvedValue({ cancelRequested: false });
    const id = await source.ask();
    await held.reached;
    await bench.database.asSystem((tx) =>
      tx.query(`update runs set lease_until = now() - interval '1 second' where id = $1`, [id]),
    );
    await bench.app.nest.get(RunReaper).reap();
    expect(await source.run(id)).toMatchObject({ status: 'running', attempt: 1 });
    beats.mockRestore();
    held.open();
    const run = await source.settled(id);
    expect(run).toMatchObject({ status: 'success', attempt: 1 });
    expect(run.attempts).toHaveLength(1);
    await source.expectIndexToEqualSource();
  });
});
