import { join } from 'node:path';
import { projectRoot } from '../../../src/common/compiled.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { searchable } from '../search/search-fixture.js';
import { reindex } from './reindex-fixture.js';

const FOLDER = join(projectRoot, 'assets', 'models', 'static-minilm-256');

describe('a reindex with a model in a folder', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ env: { TRIBUTARY_EMBEDDING_MODELS: FOLDER } });
  });
  afterAll(() => app.close());

  it.each([
    ['as the setting has it', FOLDER],
    ['by its name', 'static-minilm-256'],
  ])('takes the folder %s', async (_how, model) => {
    const notes = await searchable(app, ['A note']);
    expect(await reindex(app, notes.name, { model, dry_run: true })).toMatchObject({ status: 200 });
  });

  it('takes the folder and not the built-in model that has its name', async () => {
    const notes = await searchable(app, ['A note']);
    const plan = await reindex(app, notes.name, { model: FOLDER, dry_run: true });
    expect(plan.body.to_model).toMatch(/^model2vec:static-minilm-256@[0-9a-f]{12}$/);
  });
});
