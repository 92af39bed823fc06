import type { SourceDocument } from '../../../connectors/sdk/contract.js';
import { ItemError } from '../../../connectors/sdk/errors.js';
import { AppError } from '../../../src/common/errors/app-error.js';
import { EXTRACTOR, type Extractor } from '../../../src/extract/extractor.js';
import { DocumentPipeline } from '../../../src/remember/document-pipeline.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const CUT = 'only the first 2,000 of 2,001 pages were read';
const CUT_FAILURE = {
  ...{ external_id: 'long', stage: 'extract', code: 'content_truncated' },
  ...{ message: expect.stringContaining(CUT), next_at: null, resolved_at: null },
};

describeOnEachDatabase('a document of which a part was left out', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;
  /** What the extraction leaves out of the long file. */
  let cut: string | undefined;
  /** Why the long file cannot be read at all. */
  let unreadable: Error | undefined;
  let reads: number;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
    const extractor = bench.app.nest.get<Extractor>(EXTRACTOR, { strict: false });
    jest
      .spyOn(extractor, 'extract')
      .mockImplementation((bytes) => Promise.resolve({ text: String(bytes), truncated: cut }));
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource();
    cut = CUT;
    unreadable = undefined;
    reads = 0;
    await bench.attach(source);
    list(file('1'));
  });
  afterEach(() => bench.detach());

  const file = (version: string, more: Partial<SourceDocument> = {}): SourceDocument =>
    scripted('long', '', {
      version,
      body: () => {
        reads += 1;
        if (unreadable) return Promise.reject(unreadable);
        return Promise.resolve({
          bytes: Buffer.from(`Page one of version ${version}.`),
          mediaType: 'application/pdf',
        });
      },
      ...more,
    });
  const list = (...documents: SourceDocument[]): void => {
    source.sweep = [{ documents: [...documents, scripted('short', 'A note.')] }];
    for (const document of documents) source.present.set(document.externalId, document);
  };
  const failures = (): Promise<{ id: string; attempts: number }[]> => bench.get('/failures');
  const retry = async () => {
    const [failure] = await failures();
    const path = `/v1/memory/failures/${failure!.id}/retry`;
    const { body } = await bench.app.request('POST', path);
    return bench.settled(body.run_id as string);
  };

  it('is stored, and an open failure says what is missing', async () => {
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'partial', counts: { created: 2, failed: 1 } });
    expect(await bench.index()).toMatchObject({ long: 'Page one of version 1.' });
    expect(await failures()).toMatchObject([{ ...CUT_FAILURE, attempts: 1 }]);
    const explained = await bench.app.request(
      'GET',
      `/v1/memory/documents/explain?external_id=long&connection=${bench.connection}`,
    );
    expect(explained.body).toMatchObject({
      verdict: 'live',
      summary: expect.stringMatching(/Only a part of it.*pages were read/),
    });
  });

  it('stays a failure as long as it is unchanged, and is not read again for it', async () => {
    await bench.sync();
    for (const more of [{}, { container: 'elsewhere' }, { container: 'elsewhere' }]) {
      list(file('1', more));
      expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    }
    expect(reads).toBe(1);
    expect(await failures()).toMatchObject([{ ...CUT_FAILURE, attempts: 1 }]);
  });

  it('is read again on request, and whole then', async () => {
    await bench.sync();
    expect(await retry()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    expect(reads).toBe(2);
    expect(await failures()).toMatchObject([{ ...CUT_FAILURE, attempts: 2 }]);
    cut = undefined;
    expect(await retry()).toMatchObject({ status: 'success', counts: { failed: 0 } });
    expect(await failures()).toEqual([]);
    expect(await bench.sync()).toMatchObject({ status: 'success' });
    expect(reads).toBe(3);
  });

  it('is read again when it was edited, and with everything', async () => {
    await bench.sync();
    list(file('2'));
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { updated: 1 } });
    expect(await failures()).toMatchObject([{ ...CUT_FAILURE, attempts: 2 }]);
    expect(await bench.sync({ full: true })).toMatchObject({
      ...{ status: 'partial', counts: { unchanged: 2, failed: 1 } },
    });
    expect(reads).toBe(3);
    cut = undefined;
    list(file('3'));
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { failed: 0 } });
    expect(await failures()).toEqual([]);
  });

  it('is not forgotten when reading it again fails', async () => {
    await bench.sync();
    unreadable = new ItemError('unreadable', 'not now');
    await retry();
    expect(await failures()).toMatchObject([{ code: 'unreadable', next_at: expect.any(String) }]);
    unreadable = undefined;
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    expect(reads).toBe(2);
    await bench.sql(`update failures set next_at = now() where connection_id = $1`, [
      bench.connection,
    ]);
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    expect(await failures()).toMatchObject([{ ...CUT_FAILURE, attempts: 3 }]);
  });

  it('is no failure any more once it is gone, and one again when it is back', async () => {
    await bench.sync();
    const long = source.present.get('long')!;
    source.present.delete('long');
    list();
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { deleted: 1 } });
    expect(await failures()).toEqual([]);
    list(long as SourceDocument);
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    expect(await failures()).toMatchObject([CUT_FAILURE]);
    expect(await bench.index()).toHaveProperty('long');
  });

  it('is a failure although the run was cut short right after it was stored', async () => {
    const others = Array.from({ length: 250 }, (_, n) => scripted(`other ${n}`, `Note ${n}.`));
    list(file('1'), ...others);
    const pipeline = bench.app.nest.get(DocumentPipeline);
    const store = pipeline.store.bind(pipeline);
    const second = jest
      .spyOn(pipeline, 'store')
      .mockImplementationOnce(store)
      .mockRejectedValueOnce(new AppError('database_unavailable', 'away'));
    const parked = await bench.sync();
    second.mockRestore();
    expect(parked).toMatchObject({ status: 'waiting', waiting: { reason: 'database' } });
    expect(await failures()).toMatchObject([{ ...CUT_FAILURE, attempts: 1 }]);
    const ended = await bench.goOn(parked);
    expect(ended).toMatchObject({ status: 'partial', counts: { created: 252, failed: 1 } });
    expect(reads).toBe(1);
    expect(await failures()).toMatchObject([{ ...CUT_FAILURE, attempts: 1 }]);
  });

  it('shows as such in a dry run', async () => {
    const { body } = await bench.post('dry-run', { partition: PARTITION });
    expect(body.documents[0]).toMatchObject({
      ...{ external_id: 'long', outcome: 'created', code: 'content_truncated' },
      message: expect.stringContaining(CUT),
    });
  });
});
