import { VECTOR_INDEX, type VectorIndex } from '../../../src/indexing/vector-index.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { collectionRoutes } from './collection-routes.js';

const PATH = '/v1/memory/collections/notes/memories';

describe('adding many memories, cut short', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ embedded: true });
  });
  afterAll(() => app.close());

  it('and repeated with its Idempotency-Key stores each of them once', async () => {
    const index = app.nest.get<VectorIndex>(VECTOR_INDEX);
    const write = index.write.bind(index);
    const spy = jest
      .spyOn(index, 'write')
      .mockImplementationOnce(write)
      .mockRejectedValueOnce(new Error('the process is unwell'));
    const body = Array.from({ length: 60 }, (_, i) => ({ text: `Fact number ${i} of the list` }));
    const add = () =>
      app.request('POST', `${PATH}/bulk`, {
        body,
        headers: { 'idempotency-key': 'the-list' },
        allow500: true,
      });
    expect((await add()).status).toBe(500);
    spy.mockRestore();
    const stored = async () =>
      ((await app.request('GET', `${PATH}?limit=100`)).body as { id: string; text: string }[]).map(
        ({ text }) => text,
      );
    expect((await stored()).length).toBe(25);
    const repeated = await add();
    expect(repeated).toMatchObject({ status: 200, body: { created: 60 } });
    expect((await stored()).sort()).toEqual(body.map(({ text }) => text).sort());
    const [hit] = (
      await app.request('POST', '/v1/memory/collections/notes/search', {
        body: { query: 'fact number 3 of the list', mode: 'text', limit: 1 },
      })
    ).body as { id: string }[];
    expect(repeated.body.ids).toContain(hit!.id);
  });

  it('leaves alone what was edited or moved since the first attempt stored it', async () => {
    const newCollection = collectionRoutes(app);
    const [notes, other] = [newCollection(), newCollection()];
    const index = app.nest.get<VectorIndex>(VECTOR_INDEX);
    const write = index.write.bind(index);
    const spy = jest
      .spyOn(index, 'write')
      .mockImplementationOnce(write)
      .mockRejectedValueOnce(new Error('the process is unwell'));
    const body = Array.from({ length: 40 }, (_, i) => ({ text: `Line ${i} of the log book` }));
    const add = () =>
      app.request('POST', `${notes.memories}/bulk`, {
        body,
        headers: { 'idempotency-key': 'the-log-book' },
        allow500: true,
      });
    expect((await add()).status).toBe(500);
    spy.mockRestore();
    const stored = (await app.request('GET', `${notes.memories}?limit=100`)).body as {
      id: string;
      text: string;
    }[];
    const idOf = (n: number) => stored.find(({ text }) => text === body[n]!.text)!.id;
    const edited = { text: 'Torn out' };
    await app.request('PATCH', `${notes.memories}/${idOf(3)}`, { body: edited });
    const to = { to_collection: other.name };
    await app.request('POST', `${notes.memories}/${idOf(7)}/move`, { body: to });

    expect((await add()).body.created).toBe(40);
    expect(await other.texts()).toEqual([body[7]!.text]);
    const texts = await notes.texts('?limit=100');
    const expected = body.filter((_, n) => n !== 3 && n !== 7).map(({ text }) => text);
    expect(texts.sort()).toEqual([...expected, edited.text].sort());
    for (const mode of ['vector', 'text']) {
      expect(await notes.search({ query: 'torn out', mode, limit: 1 })).toEqual([edited.text]);
      expect(await other.search({ query: 'line 7 of the log book', mode })).toHaveLength(1);
    }
  });
});
