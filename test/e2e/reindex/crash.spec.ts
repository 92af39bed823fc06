import { Embedders } from '../../../src/inference/embedders.js';
import { answerRight } from '../../../src/inference/openai/embeddings-endpoint.contract.js';
import { eventually, Gate } from '../../support/eventually.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { describeOnEachStore, type TestStore } from '../../support/store-fixtures.js';
import { searchable, type SearchableCollection } from '../search/search-fixture.js';
import {
  BUILTIN,
  ended,
  OTHER,
  reindex,
  reindexBench,
  vectorsBySpace,
  type ReindexBench,
} from './reindex-fixture.js';

/** More than one group of texts that are embedded together. */
const TEXTS = Array.from({ length: 450 }, (_, n) => `Note ${n} about tide table number ${n}`);

describeOnEachStore(
  'a reindex that is cut off',
  (open) => {
    let store: TestStore;
    let bench: ReindexBench;
    let notes: SearchableCollection;

    beforeAll(async () => {
      store = await open();
      // No job runs here; each test starts a worker of its own.
      bench = await reindexBench(store, { TRIBUTARY_ROLE: 'api' });
      notes = await searchable(bench.app, TEXTS);
    });
    afterAll(() => bench.close());

    const worker = () => bench.start({ TRIBUTARY_ROLE: 'worker' });

    it('for another model goes on where it stood', async () => {
      const { body } = await reindex(bench.app, notes.name, { model: OTHER });
      bench.endpoint.reset();
      const gate = new Gate();
      // The worker's question for the dimensions, the first group of texts, the second one.
      bench.endpoint.script = [
        answerRight,
        answerRight,
        (request, response, incoming) => {
          void gate.pass().then(() => answerRight(request, response, incoming));
        },
      ];
      const first = await worker();
      await gate.reached;
      const before = (await vectorsBySpace(store.database, notes.name))[OTHER]!;
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(TEXTS.length);
      await first.close();
      gate.open();
      const job = await bench.app.request('GET', `/v1/memory/jobs/${body.job_id}`);
      expect(job.body).toMatchObject({ status: 'queued', progress: { phase: 'embedding' } });
      expect((await bench.app.request('GET', notes.base)).body.embedding_model).toBe(BUILTIN);

      bench.endpoint.reset();
      const second = await worker();
      expect(await ended(bench.app, body.job_id)).toMatchObject({
        status: 'success',
        result: { embedded: TEXTS.length - before, removed: TEXTS.length },
      });
      const sent = bench.endpoint.received.flatMap(({ request }) => request.input);
      expect(sent.filter((text) => text.startsWith('Note'))).toHaveLength(TEXTS.length - before);
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: TEXTS.length });
      await second.close();
    });

    it('in place goes on where it stood, and heals what was broken', async () => {
      const [broken] = notes.ids as [string];
      await store.database.asSystem(async (tx) => {
        const [found] = await tx.query<{ table: string }[]>(
          `select coalesce(to_regclass('vectors'), to_regclass('point_vectors'))::text as table`,
        );
        await tx.query(`delete from ${found!.table} where memory_id = $1`, [broken]);
      });
      const { body } = await reindex(bench.app, notes.name);
      const first = await worker();
      const embedder = first.nest.get(Embedders, { strict: false }).find(OTHER)!;
      const gate = new Gate();
      const embed = embedder.embed.bind(embedder);
      let calls = 0;
      jest.spyOn(embedder, 'embed').mockImplementation(async (...given) => {
        calls += 1;
        if (calls === 2) await gate.pass();
        given[1]?.throwIfAborted();
        return embed(...given);
      });
      await gate.reached;
      const closing = first.close();
      gate.open();
      await closing;
      const second = await worker();
      const job = await ended(bench.app, body.job_id);
      expect(job).toMatchObject({ status: 'success', progress: { phase: 'removing' } });
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: TEXTS.length });
      const [hit] = await notes.search({ query: TEXTS[0], mode: 'vector', limit: 1 });
      expect(hit).toMatchObject({ text: TEXTS[0], score: 1 });
      await second.close();
    });

    it('right after the swap removes the old vectors all the same', async () => {
      const { body } = await reindex(bench.app, notes.name, { model: 'builtin' });
      const first = await worker();
      await eventually('the swap', async () => {
        const { body: now } = await bench.app.request('GET', notes.base);
        return now.embedding_model === BUILTIN || undefined;
      });
      await first.close();
      const second = await worker();
      expect(await ended(bench.app, body.job_id)).toMatchObject({ status: 'success' });
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [BUILTIN]: TEXTS.length });
      await second.close();
    });
  },
  describeOnOneDatabase,
);
