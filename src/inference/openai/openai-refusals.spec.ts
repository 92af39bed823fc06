import { EmbeddingRefused } from '../embedding-refused.js';
import {
  closeTo,
  fails,
  refuses,
  ScriptedEndpoint,
  vectors,
} from './embeddings-endpoint.contract.js';

const endpoint = new ScriptedEndpoint();
beforeAll(() => endpoint.open());
beforeEach(() => endpoint.reset());
afterAll(() => endpoint.close());

const refusalOf = async (texts: readonly string[]): Promise<EmbeddingRefused> => {
  const error: unknown = await endpoint
    .embedder({ batches: { maxTexts: 16 } })
    .embed(texts)
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(EmbeddingRefused);
  return error as EmbeddingRefused;
};

describe('OpenAiEmbedder when a text is refused', () => {
  it.each([400, 413, 422])('finds those that %s is about and embeds the others', async (status) => {
    endpoint.always = refuses(/poison/, status, 'no such input');
    const texts = Array.from({ length: 40 }, (_, n) => `text ${n}`);
    texts[3] = 'poison one';
    texts[17] = '';
    texts[38] = 'poison two';
    const refusal = await refusalOf(texts);
    const reason = `${status} no such input`;
    expect([...refusal.reasons].sort()).toEqual([
      [3, reason],
      [38, reason],
    ]);
    const expected = await vectors.embed(texts);
    expect(refusal.vectors).toEqual(
      expected.map((vector, at) => (at === 3 || at === 38 ? undefined : closeTo(vector))),
    );
    expect(refusal).toMatchObject({
      code: 'embedding_refused',
      status: 422,
      message: expect.stringContaining(`text 4 of 40: ${reason}`),
    });
  });

  it('asks about few of them: a batch is halved, and no text is embedded twice', async () => {
    endpoint.always = refuses(/poison/);
    await refusalOf(['poison', ...Array.from({ length: 15 }, (_, n) => `text ${n}`)]);
    const inputs = endpoint.received.map(({ request }) => request.input);
    // 16, 8, 4, 2, 1 refused; 1, 2, 4, 8 answered; and one that shows that the endpoint works.
    expect(inputs).toHaveLength(10);
    const answered = inputs.filter((input) => !input.includes('poison')).flat();
    expect(new Set(answered).size).toBe(answered.length);
  });

  it('takes a batch that was only too large in pieces', async () => {
    endpoint.always = (request, response, incoming) =>
      (request.input.length > 2 ? fails(413) : refuses(/^$/))(request, response, incoming);
    const texts = ['a', 'b', 'c', 'd', 'e'];
    const expected = await vectors.embed(texts);
    expect(await endpoint.embedder().embed(texts)).toEqual(expected.map(closeTo));
  });

  it('says that the endpoint cannot be used where it refuses whatever it is sent', async () => {
    endpoint.always = fails(400, {}, { message: 'model not found' });
    const texts = Array.from({ length: 64 }, (_, n) => `text ${n}`);
    await expect(endpoint.embedder().embed(texts)).rejects.toMatchObject({
      code: 'embedder_unavailable',
      message: expect.stringContaining('model not found'),
    });
    expect(endpoint.received).toHaveLength(2);
    await expect(endpoint.embedder().ready()).rejects.toMatchObject({
      code: 'embedder_unavailable',
    });
  });

  it('does not take an outage on the way for a refusal', async () => {
    endpoint.script = [fails(400), fails(401)];
    await expect(endpoint.embedder().embed(['a', 'b'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
    });
    expect(endpoint.received).toHaveLength(2);
  });
});
