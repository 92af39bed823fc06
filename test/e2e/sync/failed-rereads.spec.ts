import type { ItemFailure, LaneDefinition } from '../../../connectors/sdk/contract.js';
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
  afterEach(() => bench.detach());

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
