import type { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import type { SyncedSource } from '../../support/fault-matrix/synced-source.js';
import { CONNECTIONS, FilesBench } from '../../support/files-bench.js';
import { PAGE_FILES } from '../../support/files-source.js';

describeOnOneDatabase('cancelling a run', (open) => {
  let bench: FilesBench;
  let source: SyncedSource;
  let editor: FilesSourceEditor;

  beforeAll(async () => {
    bench = await FilesBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    ({ source, editor } = await bench.attach());
  });
  afterEach(() => bench.detach());

  it('ends a queued run at once', async () => {
    const { gate } = await bench.occupy();
    const other = await bench.another();
    const asked = await bench.request('POST', `${CONNECTIONS}/${other}/sync?wait=false`);
    const id = asked.body.run_id as string;
    const cancelled = await bench.request('POST', `/v1/memory/runs/${id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { id, status: 'cancelled' } });
    expect(await source.run(id)).toMatchObject({
      ...{ status: 'cancelled', attempt: 0, started_at: null, attempts: [] },
      finished_at: expect.any(String),
    });
    gate.open();
    await bench.request('DELETE', `${CONNECTIONS}/${other}`);
  });

  it('ends a waiting run at once, and the next sync starts anew', async () => {
    await source.fill({ one: PAGE_FILES + 1 });
    await editor.failListing('one', 2, 1);
    const parked = await source.sync();
    expect(parked.status).toBe('waiting');
    const cancelled = await bench.request('POST', `/v1/memory/runs/${parked.id}/cancel`);
    expect(cancelled.body).toEqual({ id: parked.id, status: 'cancelled' });
    const run = await source.sync();
    expect(run).toMatchObject({ status: 'success' });
    expect(run.id).not.toBe(parked.id);
    await source.expectIndexToEqualSource();
  });

  it('makes a sync that is asked for meanwhile a new run, after it has stopped', async () => {
    await source.fill({ one: 2 });
    const { run } = await bench.occupy();
    await bench.request('POST', `/v1/memory/runs/${run}/cancel`);
    bench.engine.hooks = {};
    const asked = await bench.request('POST', `${CONNECTIONS}/${source.connection}/sync`, {});
    expect(asked.body).toMatchObject({ status: 'success', coalesced: false, synced: 2 });
    expect(asked.body.run_id).not.toBe(run);
    expect(await source.run(run)).toMatchObject({ status: 'cancelled' });
  });

  it('by its connection stops the active one, and says so when there is none', async () => {
    await source.fill({ one: 2 });
    const { run } = await bench.occupy();
    const path = `${CONNECTIONS}/${source.connection}/cancel`;
    expect(await bench.request('POST', path)).toMatchObject({ status: 200, body: { id: run } });
    bench.engine.hooks = {};
    await eventually('the end of the run', async () =>
      (await source.run(run)).status === 'cancelled' ? true : undefined,
    );
    const none = await bench.request('POST', path);
    expect(none).toMatchObject({ status: 409, body: { code: 'run_finished' } });
  });

  it('is refused once it has ended', async () => {
    const { id } = await source.sync();
    const cancelled = await bench.request('POST', `/v1/memory/runs/${id}/cancel`);
    expect(cancelled).toMatchObject({ status: 409, body: { code: 'run_finished' } });
  });
});
