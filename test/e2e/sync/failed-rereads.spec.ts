import type { ItemFailure, LaneDefinition } from '../../../connectors/sdk/contract.js';
import { ItemError } from '../../../connectors/sdk/errors.js';
import { AppError } from '../../../src/common/errors/app-error.js';
import { Embedders } from '../../../src/inference/embedders.js';
import { DocumentPipeline } from '../../../src/remember/document-pipeline.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const LANES: readonly LaneDefinition[] = [
  { name: 'sweep', kind: 'sweep', checkpointVersion: 1 },
  { name: 'audit', kind: 'feed', checkpointVersion: 1 },
];
const AUDIT = `audit ${PARTITION}`;

describeOnOneDatabase('a document that could not be read again', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;
  const stored = scripted('a', 'Text before the edit.');
  const edited = scripted('a', 'Text after the edit.', { version: stored.version });

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource(LANES);
    await bench.attach(source);
    source.sweep = [{ documents: [stored] }];
    source.pages.set(AUDIT, []);
    await bench.sync();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.detach();
  });

  const failure = (stage: ItemFailure['stage']): ItemFailure => ({
    ...{ externalId: 'a', title: 'a', url: null, stage, partition: PARTITION },
    ...{ code: 'http_500', message: 'The source said 500.' },
  });
  const failedReread = async (stage: ItemFailure['stage'] = 'fetch') => {
    source.pages.set(AUDIT, [{ failures: [failure(stage)] }]);
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    source.pages.set(AUDIT, []);
    // As the listing has it: the edit left no trace there.
    source.sweep = [{ documents: [edited] }];
  };
  const makeDue = () =>
    bench.sql(
      `update failures set next_at = now() - interval '1 second'
      where connection_id = $1`,
      [bench.connection],
    );

  it('stays a failure while it is listed as it was, and is read once its pause is over', async () => {
    await failedReread();
    expect(await bench.sync()).toMatchObject({
      status: 'partial',
      counts: { failed: 1, fetched: 0 },
    });
    expect(await bench.get('/failures')).toMatchObject([{ external_id: 'a', attempts: 1 }]);
    await makeDue();
    expect(await bench.sync()).toMatchObject({
      status: 'success',
      counts: { failed: 0, fetched: 1, updated: 1 },
    });
    expect(await bench.get('/failures')).toEqual([]);
    expect(await bench.index()).toEqual({ a: 'Text after the edit.' });
  });

  it('stays a failure while the embedder is down, whatever else of its page is stored', async () => {
    await failedReread();
    await makeDue();
    // The first two groups that are embedded.
    const others = Array.from({ length: 96 }, (_, n) => scripted(`other ${n}`, `Note ${n}.`));
    source.sweep = [{ documents: [...others, edited] }];
    const embedder = bench.app.nest.get(Embedders, { strict: false }).standard;
    const embed = embedder.embed.bind(embedder);
    jest.spyOn(embedder, 'embed').mockImplementation((texts, signal) => {
      const isDown = texts.some((text) => text.includes('after the edit'));
      return isDown
        ? Promise.reject(new AppError('embedder_unavailable', 'down'))
        : embed(texts, signal);
    });
    const parked = await bench.sync();
    expect(parked).toMatchObject({ status: 'waiting', waiting: { reason: 'embedder' } });
    expect(parked.counts.created).toBe(96);
    expect(await bench.get('/failures')).toMatchObject([{ external_id: 'a' }]);
    jest.restoreAllMocks();
    expect(await bench.goOn(parked)).toMatchObject({ status: 'success', counts: { updated: 1 } });
    expect(await bench.get('/failures')).toEqual([]);
    expect(await bench.index()).toMatchObject({ a: 'Text after the edit.' });
  });

  it('is no failure any more although the run was cut short right after it was stored', async () => {
    await failedReread();
    const others = Array.from({ length: 250 }, (_, n) => scripted(`other ${n}`, `Note ${n}.`));
    source.sweep = [{ documents: [scripted('a', 'A later text.'), ...others] }];
    const pipeline = bench.app.nest.get(DocumentPipeline);
    const store = pipeline.store.bind(pipeline);
    const second = jest
      .spyOn(pipeline, 'store')
      .mockImplementationOnce(store)
      .mockRejectedValueOnce(new AppError('database_unavailable', 'away'));
    expect(await bench.sync()).toMatchObject({ status: 'waiting', counts: { updated: 1 } });
    second.mockRestore();
    expect(await bench.get('/failures')).toEqual([]);
  });

  it('gets what its listing says of it although it cannot be read once more', async () => {
    await failedReread();
    await makeDue();
    const body = () => Promise.reject(new ItemError('unreadable', 'not now'));
    const access = { mode: 'restricted', principals: ['team'] } as const;
    source.sweep = [{ documents: [{ ...edited, access, body }] }];
    const counts = { failed: 1, updated: 1, restored: 0 };
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts });
    const principals = await bench.sql(
      `select principals from documents where connection_id = $1`,
      [bench.connection],
    );
    expect(principals).toEqual([{ principals: ['team'] }]);
    expect(await bench.get('/failures')).toMatchObject([{ code: 'unreadable', attempts: 2 }]);
  });

  it('is shown again when it is listed again although it cannot be read once more', async () => {
    source.sweep = [{ gap: 'a part is missing' }];
    source.pages.set(AUDIT, [{ tombstones: ['a'] }, { failures: [failure('fetch')] }]);
    await bench.sync();
    await makeDue();
    expect(await bench.index()).toEqual({});
    const body = () => Promise.reject(new ItemError('unreadable', 'not now'));
    source.sweep = [{ documents: [{ ...edited, body }] }];
    const counts = { failed: 1, updated: 0, restored: 1 };
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts });
    expect(await bench.index()).toEqual({ a: 'Text before the edit.' });
  });

  it('is read at once when it is listed with another version', async () => {
    await failedReread();
    source.sweep = [{ documents: [scripted('a', 'A later text.')] }];
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { updated: 1 } });
    expect(await bench.get('/failures')).toEqual([]);
  });

  it('is no failure any more once it is gone', async () => {
    await failedReread();
    source.sweep = [];
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { deleted: 1 } });
    expect(await bench.get('/failures')).toEqual([]);
  });

  it('could only not be listed: then the next listing settles it', async () => {
    await failedReread('list');
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { fetched: 0 } });
    expect(await bench.get('/failures')).toEqual([]);
  });
});
