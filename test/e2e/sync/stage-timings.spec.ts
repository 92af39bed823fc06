import { setTimeout as delay } from 'node:timers/promises';
import { EMBEDDER, type Embedder } from '../../../src/inference/embedder.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const SLOW_MS = 300;

describeOnOneDatabase('the timings of a run', (open) => {
  let bench: ScriptedSourceBench;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());

  it('show a slow embedder, once for each group of documents', async () => {
    const source = new ScriptedSource();
    source.sweep = [{ documents: [scripted('a', 'One text.'), scripted('b', 'Another text.')] }];
    await bench.attach(source);
    const embedder = bench.app.nest.get<Embedder>(EMBEDDER);
    const embed = embedder.embed.bind(embedder);
    const slow = jest.spyOn(embedder, 'embed').mockImplementation(async (...given) => {
      await delay(SLOW_MS);
      return embed(...given);
    });
    const { timings } = await bench.sync();
    expect(slow).toHaveBeenCalledTimes(1);
    slow.mockRestore();
    expect(timings.embed).toBeGreaterThanOrEqual(SLOW_MS - 1);
    // Nothing is embedded where nothing changed.
    expect((await bench.sync()).timings).toMatchObject({ embed: 0 });
    await bench.detach();
  });
});
