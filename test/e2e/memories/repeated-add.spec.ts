import { VECTOR_INDEX, type VectorIndex } from '../../../src/indexing/vector-index.js';
import { startApp, type TestApp } from '../../support/http-app.js';

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
});
