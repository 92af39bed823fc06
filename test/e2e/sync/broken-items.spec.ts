import type { SourceDocument } from '../../../connectors/sdk/contract.js';
import { ItemError, TransientSourceError } from '../../../connectors/sdk/errors.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

describeOnOneDatabase('what is broken stays alone', (open) => {
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

  const visible = async () => Object.keys(await bench.index()).sort();
  const event = (...ids: string[]) =>
    bench.sql(
      `insert into pending_refs (connection_id, external_id, cause, partition_key)
       select $1, id, 'webhook', $3 from unnest($2::text[]) id`,
      [bench.connection, ids, PARTITION],
    );
  const waiting = () =>
    bench.sql<{ id: string; attempts: number; seconds: number }>(
      `select external_id as id, attempts,
         round(extract(epoch from not_before - now()))::int as seconds
       from pending_refs where connection_id = $1 order by 1`,
      [bench.connection],
    );

  it.each<[string, Partial<SourceDocument>]>([
    ['metadata that are no JSON', { metadata: { size: 10n } }],
    ['no title', { title: undefined }],
    ['no labels at all', { access: undefined }],
  ])('a document with %s is one failure by name', async (_, wrong) => {
    const documents = ['a', 'b', 'c'].map((id) => scripted(id, `Text ${id}.`));
    documents[1] = { ...documents[1]!, ...wrong };
    source.sweep = [{ documents }];
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'partial', counts: { created: 2, failed: 1 } });
    expect(await visible()).toEqual(['a', 'c']);
    expect(await bench.get('/failures')).toMatchObject([{ external_id: 'b', code: 'unexpected' }]);
    source.sweep = [{ documents: [scripted('b', 'Text b.')] }];
    source.present.set('a', documents[0]!).set('c', documents[2]!);
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { failed: 0 } });
    expect(await visible()).toEqual(['a', 'b', 'c']);
  });

  it('a time that is none is left out', async () => {
    const times = { createdAt: new Date(Number.NaN), updatedAt: new Date(Number.NaN) };
    source.sweep = [{ documents: [scripted('a', 'Text a.', { times })] }];
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { created: 1 } });
    expect(await bench.sync()).toMatchObject({ counts: { unchanged: 1 } });
  });

  it('a document that the connector cannot read again is one failure by name', async () => {
    source.sweep = [{ documents: [scripted('a', 'Text a.')] }];
    source.present.set('x', new TypeError('no such encoding')).set('y', scripted('y', 'Text y.'));
    source.present.set('z', new ItemError('unreadable', 'cut off'));
    await event('x', 'y', 'z');
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'partial', counts: { failed: 2, created: 2 } });
    expect(await visible()).toEqual(['a', 'y']);
    const failures = (await bench.get('/failures')) as { external_id: string; code: string }[];
    expect(failures.map(({ external_id: id, code }) => `${id} ${code}`).sort()).toEqual([
      'x unexpected',
      'z unreadable',
    ]);
  });

  it('a document that the source cannot give now is asked for later, the others now', async () => {
    source.sweep = [{ documents: [scripted('a', 'Text a.')] }];
    source.present.set('x', new TransientSourceError('http_503', 'unwell'));
    source.present.set('y', scripted('y', 'Text y.'));
    await event('x', 'y');
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { failed: 0 } });
    expect(await visible()).toEqual(['a', 'y']);
    expect(await waiting()).toMatchObject([{ id: 'x', attempts: 1 }]);
    expect((await waiting())[0]!.seconds).toBeGreaterThan(5);
    source.present.set('x', scripted('x', 'Text x.'));
    await bench.sync();
    expect(await visible()).toEqual(['a', 'y']);
    await bench.sql(`update pending_refs set not_before = now() where connection_id = $1`, [
      bench.connection,
    ]);
    await bench.sync();
    expect(await visible()).toEqual(['a', 'x', 'y']);
    expect(await waiting()).toEqual([]);
  });

  it('a source that gives no single document parks the run, and loses none of them', async () => {
    const ids = ['u', 'v', 'w', 'x'];
    for (const id of ids) source.present.set(id, new TransientSourceError('http_503', 'unwell'));
    await event(...ids);
    const parked = await bench.sync();
    expect(parked).toMatchObject({ status: 'waiting', waiting: { reason: 'upstream' } });
    expect((await waiting()).map(({ id, attempts }) => [id, attempts])).toEqual(
      ids.map((id) => [id, 0]),
    );
    for (const id of ids) source.present.set(id, scripted(id, `Text ${id}.`));
    expect(await bench.goOn(parked)).toMatchObject({ status: 'success' });
    expect(await visible()).toEqual(ids);
  });

  it('a document that is out of reach by an event is hidden as such', async () => {
    source.sweep = [{ documents: [scripted('a', 'Text a.'), scripted('b', 'Text b.')] }];
    await bench.sync();
    source.lost.add('a');
    source.sweep = [{ documents: [scripted('b', 'Text b.')] }];
    await event('a');
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'success', counts: { lost_access: 1, deleted: 0 } });
    const [a] = await bench.stored();
    expect(a).toMatchObject({ externalId: 'a', state: 'lost_access', visibleText: null });
  });

  describe('a listing', () => {
    beforeEach(() => {
      source.partitions = ['a', 'b', 'c'].map((key) => ({ key, title: key }));
      for (const key of ['a', 'b', 'c']) {
        source.pages.set(`changes ${key}`, []);
        const documents = [scripted(`${key}1`, `Text ${key}.`, { partition: key })];
        source.pages.set(`sweep ${key}`, [{ documents }]);
      }
    });
    const breakB = (error: Error): void => {
      const before = () => {
        throw error;
      };
      source.pages.set('sweep b', [{ before }]);
    };

    it('with a bug is an error of the run after all others were read', async () => {
      breakB(new TypeError('undefined is not a function'));
      const run = await bench.sync();
      expect(run).toMatchObject({ status: 'error', error: 'undefined is not a function' });
      expect(await visible()).toEqual(['a1', 'c1']);
      const b = run.partitions.find(({ key, lane }) => key === 'b' && lane === 'sweep');
      expect(b).toMatchObject({ state: 'incomplete', gap_reason: 'undefined is not a function' });
    });

    it('that trips over an item is a gap of its partition', async () => {
      breakB(new ItemError('unreadable', 'the third item is cut off'));
      const run = await bench.sync();
      expect(run).toMatchObject({ status: 'partial', error: null });
      expect(await visible()).toEqual(['a1', 'c1']);
      const b = run.partitions.find(({ key, lane }) => key === 'b' && lane === 'sweep');
      expect(b).toMatchObject({ state: 'incomplete', gap_reason: 'the third item is cut off' });
    });
  });
});
