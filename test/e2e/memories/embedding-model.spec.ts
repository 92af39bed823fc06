import { Database } from '../../../src/database/database.js';
import { startApp, type TestApp } from '../../support/http-app.js';

describe('a collection that was embedded with another model', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
    await app.request('POST', '/v1/memory/collections/old/memories', {
      body: { text: 'Backups run at four in the morning.' },
    });
    await app.nest.get(Database).asSystem(async (tx) => {
      await tx.query(`insert into embedding_spaces (model, dimensions) values ('another', 256)`);
      await tx.query(
        `update collections set space_id = (select id from embedding_spaces where model = 'another')`,
      );
    });
  });

  afterAll(() => app.close());

  it('refuses writes, because vectors of two models cannot be compared', async () => {
    const answer = await app.request('POST', '/v1/memory/collections/old/memories', {
      body: { text: 'Restores are tried every month.' },
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'embedding_model_differs' } });
  });

  it('is still searched by its words', async () => {
    const answer = await app.request('POST', '/v1/memory/collections/old/search', {
      body: { query: 'when do backups run' },
    });
    expect(answer.body).toMatchObject([{ text: 'Backups run at four in the morning.' }]);
  });
});
