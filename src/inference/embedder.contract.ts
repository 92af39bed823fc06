import type { Embedder } from './embedder.js';

const DEPLOY = 'the deploy of the release was blocked by the database migration';
const DEPLOY_AGAIN = 'the database migration blocked the release';
const CAT = 'a cat sat on the mat';

export const CONTRACT_WORDS = [DEPLOY, DEPLOY_AGAIN, CAT].join(' ').split(' ');

const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const length = (vector: Float32Array): number => Math.sqrt(cosine(vector, vector));

/** What every `Embedder` keeps; `make` gives a fresh one, not yet ready. */
export function embedderContract(name: string, make: () => Embedder): void {
  describe(`${name} as an Embedder`, () => {
    it('has a model name and a lowest score within [0, 1)', () => {
      const embedder = make();
      expect(embedder.model).toMatch(/^[a-z0-9]+:\S+$/);
      expect(embedder.scoreLow).toBeGreaterThanOrEqual(0);
      expect(embedder.scoreLow).toBeLessThan(1);
    });

    it('knows its dimension after ready(), which may be called again and at the same time', async () => {
      const embedder = make();
      await Promise.all([embedder.ready(), embedder.ready()]);
      const { dimensions } = embedder;
      await embedder.ready();
      expect(dimensions).toBeGreaterThan(0);
      expect(embedder.dimensions).toBe(dimensions);
    });

    it('embeds without ready() being called first', async () => {
      const embedder = make();
      const [vector] = await embedder.embed([CAT]);
      expect(vector).toHaveLength(embedder.dimensions);
    });

    it('gives one vector of length 1 for each text', async () => {
      const embedder = make();
      const vectors = await embedder.embed([DEPLOY, CAT, DEPLOY_AGAIN]);
      expect(vectors).toHaveLength(3);
      for (const vector of vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector).toHaveLength(embedder.dimensions);
        expect(length(vector)).toBeCloseTo(1, 5);
      }
    });

    it('gives nothing for no texts', async () => {
      expect(await make().embed([])).toEqual([]);
    });

    it('gives the zero vector for blank texts, wherever they stand', async () => {
      const embedder = make();
      const [empty, cat, blank] = await embedder.embed(['', CAT, ' \n\t ']);
      expect(empty).toEqual(new Float32Array(embedder.dimensions));
      expect(blank).toEqual(new Float32Array(embedder.dimensions));
      expect(length(cat!)).toBeCloseTo(1, 5);
      expect(await embedder.embed([''])).toEqual([new Float32Array(embedder.dimensions)]);
    });

    it('gives a text the same vector alone, repeated and among many, in order', async () => {
      const embedder = make();
      const texts = Array.from({ length: 700 }, (_, i) =>
        CONTRACT_WORDS.filter((_word, at) => (i + at) % 7 < 3).join(' '),
      );
      const vectors = await embedder.embed(texts);
      expect(vectors).toHaveLength(700);
      for (const i of [0, 255, 256, 512, 699]) {
        const [alone] = await embedder.embed([texts[i]!]);
        expect(cosine(alone!, vectors[i]!)).toBeCloseTo(1, 5);
      }
    });

    it('keeps calls that run at the same time apart', async () => {
      const embedder = make();
      const [cats, deploys] = await Promise.all([embedder.embed([CAT]), embedder.embed([DEPLOY])]);
      expect(cosine(cats[0]!, (await embedder.embed([CAT]))[0]!)).toBeCloseTo(1, 5);
      expect(cosine(deploys[0]!, (await embedder.embed([DEPLOY]))[0]!)).toBeCloseTo(1, 5);
    });

    it('hands out vectors that the caller may change', async () => {
      const embedder = make();
      const [vector] = await embedder.embed([CAT]);
      const before = vector!.slice();
      vector!.fill(9);
      expect((await embedder.embed([CAT]))[0]).toEqual(before);
    });

    it('puts texts about the same thing nearer to each other than to another', async () => {
      const [deploy, again, cat] = await make().embed([DEPLOY, DEPLOY_AGAIN, CAT]);
      expect(cosine(deploy!, again!)).toBeGreaterThan(cosine(deploy!, cat!) + 0.1);
    });

    it('rejects with the reason of an aborted signal', async () => {
      const reason = new Error('the run was cancelled');
      await expect(make().embed([CAT], AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('counts tokens before ready(), more for a longer text and none for an empty one', () => {
      const embedder = make();
      expect(embedder.countTokens('')).toBe(0);
      expect(embedder.countTokens(CAT)).toBeGreaterThan(0);
      expect(embedder.countTokens(`${CAT} ${DEPLOY}`)).toBeGreaterThan(embedder.countTokens(CAT));
    });
  });
}
