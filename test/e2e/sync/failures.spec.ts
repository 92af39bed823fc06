import type { FilesSourceEditor } from '../../../connectors/files/files.source-editor.contract.js';
import { TransientSourceError } from '../../../connectors/sdk/errors.js';
import { AppError } from '../../../src/common/errors/app-error.js';
import { EMBEDDER, type Embedder } from '../../../src/inference/embedder.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import type { SyncedSource } from '../../support/fault-matrix/synced-source.js';
import { filesHarness } from '../../support/files-source.js';

describeOnOneDatabase('failures', (open) => {
  let bench: EngineBench;
  let source: SyncedSource;
  let editor: FilesSourceEditor;

  beforeAll(async () => {
    bench = await EngineBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    const harness = filesHarness();
    editor = harness.editor;
    source = await bench.attach(harness);
  });
  afterEach(() => bench.detach());

  it('are listed by name and tried again on request', async () => {
    const { one } = await source.fill({ one: 4 });
    await editor.poison(one.ids[0]!);
    await editor.poison(one.ids[1]!);
    await source.sync();
    const failures = (await source.get('/failures')) as Record<string, unknown>[];
    expect(failures).toHaveLength(2);
    const [{ id, external_id: externalId }] = failures as [{ id: string; external_id: string }];
    expect(failures[0]).toMatchObject({
      ...{ title: expect.stringContaining('note-'), partition: 'one', stage: 'fetch' },
      ...{ code: 'file_unreadable', attempts: 1, resolved_at: null },
      ...{ url: expect.stringContaining('file://'), next_at: expect.any(String) },
    });
    expect(await source.get('/failures?limit=1&offset=1')).toMatchObject([
      { id: failures[1]!['id'] },
    ]);
    const retry = () => bench.app.request('POST', `/v1/memory/failures/${id}/retry`);
    const again = await retry();
    expect(again).toMatchObject({ status: 202, body: { coalesced: false } });
    expect(await source.settled(again.body.run_id as string)).toMatchObject({
      status: 'partial',
    });
    const tried = ((await source.get('/failures')) as { id: string; attempts: number }[]).find(
      (failure) => failure.id === id,
    );
    expect(tried).toMatchObject({ attempts: 2 });

    await editor.repair();
    await source.settled((await retry()).body.run_id as string);
    const left = await source.get('/failures');
    expect(left).toHaveLength(1);
    expect(left[0].external_id).not.toBe(externalId);
    const all = (await source.get('/failures?resolved=true')) as { id: string }[];
    expect(all.find((failure) => failure.id === id)).toMatchObject({
      ...{ next_at: null, resolved_at: expect.any(String) },
    });
    await source.sync({ full: true });
    await source.expectIndexToEqualSource();
  });

  it('of the embedder park the run and concern no document', async () => {
    await source.fill({ one: 3 });
    const embedder = bench.app.nest.get<Embedder>(EMBEDDER);
    const down = jest
      .spyOn(embedder, 'embed')
      .mockRejectedValue(new AppError('embedder_unavailable', 'down', { retryAfter: 30 }));
    const parked = await source.sync();
    down.mockRestore();
    expect(parked).toMatchObject({ status: 'waiting', waiting: { reason: 'embedder' } });
    expect(await source.get('/failures')).toEqual([]);
    expect(await source.goOn(parked)).toMatchObject({ status: 'success' });
    await source.expectIndexToEqualSource();
  });

  it('of the whole source that do not end are an error of the run', async () => {
    await source.fill({ one: 3 });
    bench.hooks = {
      beforePage() {
        throw new TransientSourceError('down', 'The source is down.');
      },
    };
    let run = await source.sync();
    while (run.status === 'waiting') run = await source.goOn(run);
    expect(run).toMatchObject({
      status: 'error',
      error: 'The source is down.',
      error_detail: { code: 'down', retryable: true },
    });
    expect(await source.get()).toMatchObject({ status: 'active' });
  });
});
