import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Embedders } from '../../../src/inference/embedders.js';
import {
  answerRight,
  type Answer,
} from '../../../src/inference/openai/embeddings-endpoint.contract.js';
import { eventually, Gate } from '../../support/eventually.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import type { TestApp } from '../../support/http-app.js';
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

    /** How many texts the endpoint was asked to embed. */
    const notesSent = (): number =>
      bench.endpoint.received
        .flatMap(({ request }) => request.input)
        .filter((text) => text.startsWith('Note')).length;

    /** Ends a worker that can write nothing to its job any more. */
    async function kill(app: TestApp, job: string): Promise<void> {
      await store.database.asSystem((tx) =>
        tx.query(
          `update jobs set lease_token = gen_random_uuid(), lease_until = now() where id = $1`,
          [job],
        ),
      );
      await app.close();
    }

    /**
     * Kills a worker while it embeds.
     * @param wait what a call waits for; `now`: for its end
     */
    async function cutOff(
      app: TestApp,
      job: string,
      model: string,
      wait: (call: number) => Promise<void> | 'now' | undefined,
    ): Promise<void> {
      const embedder = app.nest.get(Embedders, { strict: false }).find(model)!;
      const embed = embedder.embed.bind(embedder);
      const reached = new Gate();
      let calls = 0;
      jest.spyOn(embedder, 'embed').mockImplementation(async (texts, signal) => {
        const what = wait((calls += 1));
        if (what === 'now') {
          void reached.pass();
          await once(signal!, 'abort');
          signal!.throwIfAborted();
        }
        await what;
        return embed(texts, signal);
      });
      await reached.reached;
      await kill(app, job);
    }

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
      expect(notesSent()).toBe(TEXTS.length - before);
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: TEXTS.length });
      await second.close();
    });

    it('in place goes on where it stood, however often, and heals what was broken', async () => {
      const [broken] = notes.ids as [string];
      await store.database.asSystem(async (tx) => {
        const [found] = await tx.query<{ table: string }[]>(
          `select coalesce(to_regclass('vectors'), to_regclass('point_vectors'))::text as table`,
        );
        await tx.query(`delete from ${found!.table} where memory_id = $1`, [broken]);
      });
      const { body } = await reindex(bench.app, notes.name);
      const first = await worker();
      // The first group takes so long that the place after it is told.
      await cutOff(first, body.job_id, OTHER, (call) =>
        call === 1 ? delay(1100) : call === 2 ? 'now' : undefined,
      );
      const told = await bench.app.request('GET', `/v1/memory/jobs/${body.job_id}`);
      expect(told.body.progress).toMatchObject({ done: 200, after: { id: expect.any(String) } });
      await cutOff(await worker(), body.job_id, OTHER, () => 'now');

      bench.endpoint.reset();
      const last = await worker();
      const job = await ended(bench.app, body.job_id);
      expect(job).toMatchObject({ status: 'success', progress: { phase: 'removing' } });
      expect(notesSent()).toBe(TEXTS.length - 200);
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: TEXTS.length });
      const [hit] = await notes.search({ query: TEXTS[0], mode: 'vector', limit: 1 });
      expect(hit).toMatchObject({ text: TEXTS[0], score: 1 });
      await last.close();
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

    it('before it has done anything is given up at the third time', async () => {
      const { body } = await reindex(bench.app, notes.name);
      for (let kills = 0; kills < 3; kills += 1) {
        await cutOff(await worker(), body.job_id, BUILTIN, () => 'now');
      }
      const last = await worker();
      expect(await ended(bench.app, body.job_id)).toMatchObject({
        status: 'error',
        error: expect.stringContaining('interrupted 3 times'),
      });
      await last.close();
    });

    it('while it catches up goes on with the round it was in', async () => {
      const few = await searchable(bench.app, TEXTS.slice(0, 10));
      /** Answers when something else has come that must be caught up. */
      const andMore: Answer = (request, response, incoming) => {
        const late = { body: { text: `Note ${randomUUID()}` } };
        void bench.app
          .request('POST', `${few.base}/memories`, late)
          .then(() => answerRight(request, response, incoming));
      };
      const { body } = await reindex(bench.app, few.name, { model: OTHER });
      const progress = async () =>
        (await bench.app.request('GET', `/v1/memory/jobs/${body.job_id}`)).body.progress;
      const held = (...script: Answer[]): Gate => {
        const gate = new Gate();
        bench.endpoint.reset();
        bench.endpoint.script = [
          answerRight,
          ...script,
          (request, response, incoming) => {
            void gate.pass().then(() => answerRight(request, response, incoming));
          },
        ];
        return gate;
      };
      const inSecondRound = held(andMore, andMore);
      const first = await worker();
      await inSecondRound.reached;
      expect(await progress()).toMatchObject({ phase: 'catching_up', round: 2 });
      await kill(first, body.job_id);
      inSecondRound.open();

      const afterwards = held(andMore);
      const second = await worker();
      await afterwards.reached;
      expect(await progress()).toMatchObject({ phase: 'catching_up', round: 2 });
      afterwards.open();
      expect(await ended(bench.app, body.job_id)).toMatchObject({ status: 'success' });
      expect(await vectorsBySpace(store.database, few.name)).toEqual({ [OTHER]: 13 });
      await second.close();
    });
  },
  describeOnOneDatabase,
);
