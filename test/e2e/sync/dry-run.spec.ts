import { ItemError, TransientSourceError } from '../../../connectors/sdk/errors.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { lazily, PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

describeOnOneDatabase('a dry run of one partition', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource();
    await bench.attach(source);
  });
  afterEach(() => bench.detach());

  const dryRun = (body: Record<string, unknown> = {}) =>
    bench.post('dry-run', { partition: PARTITION, ...body });
  const rows = () =>
    bench.sql(
      `select (select count(*)::int from documents) as documents,
         (select count(*)::int from memories) as memories,
         (select count(*)::int from failures) as failures, (select count(*)::int from runs) as runs,
         (select count(*)::int from checkpoints) as checkpoints,
         (select max(next_seq)::int from connections) as seq`,
    );

  it('says what a sync would do with each document, and does nothing of it', async () => {
    const url = 'https://example.org/b';
    source.sweep = [
      { documents: ['same', 'edited', 'moved', 'gone'].map((id) => scripted(id, `Text ${id}.`)) },
    ];
    await bench.sync();
    const broken = lazily(() => {
      throw new ItemError('unreadable', 'It is cut off.');
    });
    source.sweep = [
      {
        documents: [
          scripted('same', 'Text same.'),
          scripted('edited', 'Another text.'),
          scripted('moved', 'Text moved.', { container: 'Elsewhere' }),
        ],
        tombstones: ['gone'],
      },
      { documents: [scripted('new', 'New.'), scripted('bad', 'v1', { url, body: broken })] },
    ];
    const before = await rows();
    const answer = await dryRun();
    expect(answer).toMatchObject({ status: 200, body: { complete: true, skipped: {} } });
    expect(answer.body.partition).toEqual({
      key: PARTITION,
      title: 'A channel',
      skip_reason: null,
    });
    const nothing = { reason: null, code: null, message: null, url: null };
    expect(answer.body.documents).toEqual([
      { ...nothing, external_id: 'same', title: 'same', outcome: 'unchanged', chunks: 1 },
      { ...nothing, external_id: 'edited', title: 'edited', outcome: 'updated', chunks: 1 },
      { ...nothing, external_id: 'moved', title: 'moved', outcome: 'updated', chunks: 1 },
      { ...nothing, external_id: 'gone', title: 'gone', outcome: 'deleted', chunks: null },
      { ...nothing, external_id: 'new', title: 'new', outcome: 'created', chunks: 1 },
      {
        ...{ external_id: 'bad', title: 'bad', url, outcome: 'failed', reason: null, chunks: null },
        ...{ code: 'unreadable', message: 'It is cut off.' },
      },
    ]);
    expect(await rows()).toEqual(before);
  });

  it('lists and reads no more than it is asked to', async () => {
    let reads = 0;
    const body = lazily(() => {
      reads += 1;
      return 'A text.';
    });
    const documents = Array.from({ length: 30 }, (_, n) => scripted(`d${n}`, 'v1', { body }));
    source.sweep = [{ documents }, { documents: [scripted('late', 'v1', { body })] }];
    const { body: few } = await dryRun({ limit: 3 });
    expect(few.documents).toHaveLength(3);
    expect(few.complete).toBe(false);
    expect(reads).toBe(3);
    expect((await dryRun()).body.documents).toHaveLength(20);
  });

  it('names what was removed on request as left out', async () => {
    const body = lazily(() => 'A text.');
    source.sweep = [{ documents: [scripted('a', 'v1', { body })] }];
    await bench.sync();
    await bench.sql(
      `insert into suppressions (id, tenant_id, provider, account_id, external_id)
       select gen_random_uuid(), tenant_id, provider, account_id, 'a' from connections
       where id = $1`,
      [bench.connection],
    );
    expect((await dryRun()).body.documents).toMatchObject([
      { external_id: 'a', outcome: 'skipped', reason: 'suppressed' },
    ]);
  });

  it('says why a partition is not read at all', async () => {
    source.partitions = [{ key: PARTITION, title: 'A channel', skipReason: 'not a member' }];
    const answer = await dryRun();
    expect(answer.body).toMatchObject({
      documents: [],
      partition: { skip_reason: 'not a member' },
    });
  });

  it.each([
    ['partition_not_found', 404, { partition: 'nowhere' }],
    ['validation_failed', 422, { limit: 0 }],
    ['validation_failed', 422, { limit: 101 }],
    ['validation_failed', 422, { partitions: 'all' }],
  ])('is refused with %s', async (code, status, body) => {
    const answer = await dryRun(body);
    expect(answer.status).toBe(status);
    if (code !== 'validation_failed') expect(answer.body.code).toBe(code);
  });

  it('passes on that the source is unwell', async () => {
    const before = () => {
      throw new TransientSourceError('http_503', 'The source is down.');
    };
    source.sweep = [{ before }];
    expect(await dryRun()).toMatchObject({ status: 503, body: { code: 'source_unavailable' } });
  });
});
