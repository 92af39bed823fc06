import {
  fails,
  MODEL,
  refuses,
  ScriptedEndpoint,
} from '../../../src/inference/openai/embeddings-endpoint.contract.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const ADD = '/v1/memory/collections/texts/memories';
const REFUSED = { status: 422, body: { code: 'embedding_refused' } };

describeOnOneDatabase('a text that the embedding endpoint refuses', (open) => {
  const endpoint = new ScriptedEndpoint();
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    await endpoint.open();
    bench = await ScriptedSourceBench.start(await open(), {
      TRIBUTARY_EMBEDDING_MODEL: MODEL,
      OPENAI_BASE_URL: endpoint.baseUrl,
    });
  });
  afterAll(async () => {
    await bench.close();
    endpoint.close();
  });
  beforeEach(async () => {
    endpoint.reset();
    source = new ScriptedSource();
    await bench.attach(source);
    endpoint.always = refuses(/poison/, 400, 'the input is not acceptable');
  });
  afterEach(() => bench.detach());

  const request = (path: string, body: unknown, method = 'POST') =>
    bench.app.request(method, path, { body });
  const texts = async (): Promise<string[]> => {
    const listed = await bench.app.request('GET', ADD);
    return (listed.body as { text: string }[]).map(({ text }) => text);
  };

  it('is a failure of its document, and the others are stored', async () => {
    const documents = ['a poison', 'b', 'c'].map((text) => scripted(text[0]!, `Text ${text}.`));
    source.sweep = [{ documents }];
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'partial', counts: { created: 2, failed: 1 } });
    expect(Object.keys(await bench.index()).sort()).toEqual(['b', 'c']);
    expect(await bench.get('/failures')).toMatchObject([
      {
        ...{ external_id: 'a', stage: 'embed', code: 'embedding_refused', attempts: 1 },
        message: expect.stringContaining('the input is not acceptable'),
        next_at: expect.any(String),
      },
    ]);

    const before = endpoint.received.length;
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { failed: 1 } });
    expect(endpoint.received).toHaveLength(before);

    const [failure] = (await bench.get('/failures')) as { id: string }[];
    source.present.set('a', documents[0]!);
    const again = await request(`/v1/memory/failures/${failure!.id}/retry`, undefined);
    expect(await bench.settled(again.body.run_id as string)).toMatchObject({ status: 'partial' });
    expect(await bench.get('/failures')).toMatchObject([{ external_id: 'a', attempts: 2 }]);

    source.sweep = [{ documents: [scripted('a', 'Text a.'), ...documents.slice(1)] }];
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { created: 1 } });
    expect(Object.keys(await bench.index()).sort()).toEqual(['a', 'b', 'c']);
    expect(await bench.get('/failures')).toEqual([]);
  });

  it('in an edit leaves what was stored before', async () => {
    source.sweep = [{ documents: [scripted('a', 'Text a.')] }];
    await bench.sync();
    source.sweep = [{ documents: [scripted('a', 'Text a poison.'), scripted('b', 'Text b.')] }];
    expect(await bench.sync()).toMatchObject({ status: 'partial', counts: { created: 1 } });
    expect(await bench.index()).toMatchObject({ a: 'Text a.', b: 'Text b.' });
    expect(await bench.get('/failures')).toMatchObject([{ external_id: 'a', stage: 'embed' }]);
  });

  it('under a new name of a document has moved nothing', async () => {
    Object.assign(source.connector, { followsRenamesByContent: true });
    source.sweep = [{ documents: [scripted('a', 'Text a.')] }];
    await bench.sync();
    source.sweep = [{ documents: [scripted('poison', 'Text a.'), scripted('b', 'Text b.')] }];
    expect(await bench.sync()).toMatchObject({ counts: { moved: 0, created: 1, failed: 1 } });
    expect(await bench.index()).toMatchObject({ a: 'Text a.', b: 'Text b.' });
    source.sweep = [{ documents: [scripted('c', 'Text a.'), scripted('b', 'Text b.')] }];
    expect(await bench.sync()).toMatchObject({ counts: { moved: 1, created: 0, failed: 0 } });
  });

  it('parks the run where every text is refused, and fails no document', async () => {
    endpoint.always = fails(400, {}, { message: 'no such model' });
    source.sweep = [{ documents: ['a', 'b'].map((id) => scripted(id, `Text ${id}.`)) }];
    const parked = await bench.sync();
    expect(parked).toMatchObject({ status: 'waiting', waiting: { reason: 'embedder' } });
    expect(await bench.get('/failures')).toEqual([]);
    endpoint.reset();
    expect(await bench.goOn(parked)).toMatchObject({ status: 'success', counts: { created: 2 } });
  });

  it('is refused by name when it is written, with all of its request', async () => {
    expect(await request(ADD, { text: 'one poison' })).toMatchObject(REFUSED);
    const bulk = await request(`${ADD}/bulk`, [{ text: 'fine' }, { text: 'two poison' }]);
    expect(bulk).toMatchObject(REFUSED);
    expect(bulk.body.detail).toContain('text 2 of 2: 400 the input is not acceptable');
    expect(await texts()).toEqual([]);

    const { id } = (await request(ADD, { text: 'good' })).body as { id: string };
    expect(await request(`${ADD}/${id}`, { text: 'poison' }, 'PATCH')).toMatchObject(REFUSED);
    expect(await request('/v1/memory/collections/texts/search', { query: 'poison' })).toMatchObject(
      REFUSED,
    );
    expect(await texts()).toEqual(['good']);
  });

  it('is left out of an import, with its place and the reason', async () => {
    const memories = ['x', 'y poison', 'z'].map((text) => ({ text }));
    const imported = await request('/v1/memory/admin/import', { memories, collection: 'imported' });
    expect(imported).toMatchObject({
      status: 200,
      body: { imported: 2, skipped: 1, reasons: { duplicate: 0, invalid: 1 } },
    });
    expect(imported.body.issues).toEqual([
      { index: 1, reason: expect.stringContaining('the input is not acceptable') },
    ]);
  });
});
