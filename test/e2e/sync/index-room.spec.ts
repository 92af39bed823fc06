import { VECTOR_INDEX, type VectorIndex } from '../../../src/indexing/vector-index.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { Gate } from '../../support/eventually.js';
import { scripted, ScriptedSource, type ScriptedPage } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

describeOnOneDatabase('an index that is behind', (open) => {
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
  afterEach(async () => {
    jest.restoreAllMocks();
    await bench.detach();
  });

  const rows = () =>
    bench.sql(
      `select m.author, m.visible from documents d join memories m on m.document_id = d.id
       where d.connection_id = $1 order by d.external_id`,
      [bench.connection],
    );

  const changes: [string, ScriptedPage][] = [
    ['labels', { documents: ['a', 'b'].map((id) => scripted(id, 'Text.', { author: 'Quentin' })) }],
    ['deletions that the source reports', { tombstones: ['a', 'b'] }],
    ['deletions that a sweep has found', { documents: [scripted('a', 'Text.')] }],
  ];
  it.each(changes)('keeps %s waiting, which embed nothing', async (_, page) => {
    source.sweep = [{ documents: ['a', 'b'].map((id) => scripted(id, 'Text.')) }];
    await bench.sync();
    const before = await rows();
    const room = new Gate();
    const index = bench.app.nest.get<VectorIndex>(VECTOR_INDEX);
    jest.spyOn(index, 'waitForRoom').mockImplementationOnce(() => room.pass());
    source.sweep = [page];
    const run = bench.sync();
    await room.reached;
    expect(await rows()).toEqual(before);
    room.open();
    expect(await run).toMatchObject({ status: 'success', counts: { embedded: 0 } });
    expect(await rows()).not.toEqual(before);
  });

  it.each(changes)('does not keep %s waiting for ever', async (_, page) => {
    source.sweep = [{ documents: ['a', 'b'].map((id) => scripted(id, 'Text.')) }];
    await bench.sync();
    const before = await rows();
    const index = bench.app.nest.get<VectorIndex>(VECTOR_INDEX);
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms === 5000 ? 1 : ms));
    jest.spyOn(index, 'waitForRoom').mockImplementation(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    );
    source.sweep = [page];
    expect(await bench.sync()).toMatchObject({ status: 'success' });
    expect(await rows()).not.toEqual(before);
  });
});
