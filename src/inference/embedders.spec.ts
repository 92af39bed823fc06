import { Embedders } from './embedders.js';
import { FakeEmbedder } from './fake.embedder.js';

describe('the embedders of a process', () => {
  const standard = new FakeEmbedder(8, 'builtin:static-minilm-256');
  const small = new FakeEmbedder(8, 'openai:text-embedding-3-small');
  const folder = new FakeEmbedder(8, 'model2vec:potion@0123456789ab');
  const elsewhere = new FakeEmbedder(8, 'model2vec:potion@ba9876543210');
  const embedders = new Embedders(
    standard,
    [small, folder, new FakeEmbedder(8, small.model), elsewhere],
    ['builtin', small.model.slice(7), '/srv/models/potion', 'again', './elsewhere/potion/'],
  );

  it('give each collection its own model', () => {
    expect(embedders.of({ name: 'notes', model: folder.model })).toBe(folder);
    expect(embedders.of({ name: 'notes', model: standard.model })).toBe(standard);
    expect(() => embedders.of({ name: 'notes', model: 'another' })).toThrow(
      expect.objectContaining({
        code: 'embedding_model_differs',
        message: expect.stringContaining('TRIBUTARY_EMBEDDING_MODELS'),
      }),
    );
  });

  it('count a model that is named twice once, and the one of new collections first', () => {
    expect(embedders.models.size).toBe(4);
    const again = new FakeEmbedder(8, standard.model);
    const twice = new Embedders(standard, [again], ['builtin', 'builtin']);
    expect(twice.find(standard.model)).toBe(standard);
    expect(twice.named('builtin')).toBe(standard);
  });

  it.each([
    ['builtin', standard],
    ['text-embedding-3-small', small],
    ['openai:text-embedding-3-small', small],
    ['potion', folder],
    [folder.model, folder],
    ['/srv/models/potion', folder],
    ['/srv/models/potion/', folder],
    ['./elsewhere/potion', elsewhere],
  ])('are found as people name them: %s', (name, embedder) => {
    expect(embedders.named(name).model).toBe(embedder.model);
  });

  it.each(['large', '/srv/models', '/another/potion', ''])(
    'say what there is when %p is unknown',
    (name) => {
      expect(() => embedders.named(name)).toThrow(
        expect.objectContaining({
          code: 'model_not_configured',
          message: expect.stringContaining('potion'),
        }),
      );
    },
  );
});
