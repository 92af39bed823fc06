import { embedderContract } from './embedder.contract.js';
import { FakeEmbedder } from './fake.embedder.js';

embedderContract('FakeEmbedder', () => new FakeEmbedder());

describe('FakeEmbedder', () => {
  it('counts the texts that it embedded', async () => {
    const embedder = new FakeEmbedder();
    await embedder.embed(['one', 'two']);
    await embedder.embed(['three']);
    expect(embedder.embedded).toBe(3);
  });
});
