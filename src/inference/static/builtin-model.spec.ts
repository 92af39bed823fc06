import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock, SystemClock } from '../../common/clock.js';
import { projectRoot } from '../../common/compiled.js';
import { embedderContract } from '../embedder.contract.js';
import { createEmbedder } from '../embedding-model.js';
import { StaticEmbedder } from './static-embedder.js';

interface Golden {
  texts: { text: string; ids: number[]; vector: number[] }[];
  pairs: { a: number; b: number; cosine: number }[];
}

const folder = join(projectRoot, 'assets/models/static-minilm-256');
const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as Golden;

embedderContract('the built-in model', () =>
  createEmbedder({ model: 'builtin' }, { clock: new SystemClock() }),
);

describe('the built-in model', () => {
  const embedder = new StaticEmbedder({ folder, model: 'builtin:static-minilm-256' });
  let vectors: Float32Array[];
  beforeAll(async () => {
    vectors = await embedder.embed(golden.texts.map(({ text }) => text));
  });

  it('is 256 wide and shows cosines from 0.10 on', async () => {
    const builtin = createEmbedder({ model: 'builtin' }, { clock: new ManualClock() });
    await builtin.ready();
    expect(builtin.model).toBe('builtin:static-minilm-256');
    expect(builtin.dimensions).toBe(256);
    expect(builtin.scoreLow).toBe(0.1);
  });

  it.each(golden.texts.map(({ text, ids }, i) => [JSON.stringify(text).slice(0, 60), i, ids]))(
    'gives %s the published ids and vector',
    (_text, i, ids) => {
      const { text, vector } = golden.texts[i]!;
      expect(Array.from(embedder.tokenIds(text))).toEqual(ids);
      const worst = Math.max(...vector.map((value, j) => Math.abs(value - vectors[i]![j]!)));
      expect(worst).toBeLessThanOrEqual(1e-5);
    },
  );

  it('gives many texts, embedded in another thread, the vectors they have alone', async () => {
    const texts = golden.texts.map(({ text }) => text);
    const many = Array.from({ length: 150 }, (_, i) => texts[i % texts.length]!.padEnd(150));
    const together = await embedder.embed(many);
    const alone = await Promise.all(many.map(async (text) => (await embedder.embed([text]))[0]));
    expect(together).toEqual(alone);
  });

  it('gives the 21 published pairs their cosines', () => {
    expect(golden.texts).toHaveLength(60);
    expect(golden.pairs).toHaveLength(21);
    for (const { a, b, cosine } of golden.pairs) {
      const dot = vectors[a]!.reduce((sum, value, i) => sum + value * vectors[b]![i]!, 0);
      expect(Math.abs(dot - cosine)).toBeLessThanOrEqual(1e-5);
    }
  });

  it('gives the zero vector where it knows no token, and counts such text all the same', async () => {
    const [vector] = await embedder.embed(['☃☃☃ 🫠']);
    expect(vector).toEqual(new Float32Array(256));
    expect(embedder.countTokens('☃'.repeat(400))).toBe(100);
  });

  it('embeds the first 512 tokens of a long text and counts all of them', async () => {
    const [cut, whole] = await embedder.embed([
      'cat '.repeat(512) + 'database '.repeat(500),
      'cat',
    ]);
    const cosine = cut!.reduce((sum, value, i) => sum + value * whole![i]!, 0);
    expect(cosine).toBeCloseTo(1, 5);
    expect(embedder.countTokens('cat '.repeat(1012))).toBe(1012);
  });

  it('lets the event loop turn while it works on many texts', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      turning = setImmediate(count);
    };
    let turning = setImmediate(count);
    await embedder.embed(Array.from({ length: 400 }, () => 'a cat sat on the mat '.repeat(20)));
    clearImmediate(turning);
    expect(turns).toBeGreaterThan(0);
  });

  it('stops between two turns when the signal aborts', async () => {
    const controller = new AbortController();
    const texts = Array.from({ length: 400 }, () => 'a cat sat on the mat '.repeat(20));
    const embedding = embedder.embed(texts, controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(embedding).rejects.toThrow('enough');
  });
});
