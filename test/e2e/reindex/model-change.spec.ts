import {
  answerRight,
  fails,
  refuses,
} from '../../../src/inference/openai/embeddings-endpoint.contract.js';
import { CollectionRefused, QdrantRefusal } from '../../../src/indexing/qdrant/qdrant-errors.js';
import { QDRANT, type QdrantParts } from '../../../src/indexing/qdrant/qdrant-parts.js';
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

const TEXTS = Array.from({ length: 30 }, (_, n) => `Note ${n} about tide table number ${n}`);
/** That each side writes: in embedded mode people's requests go first, so a reindex crawls. */
const LINES = 40;
const MODEL = { model: 'text-embedding-test' };

describeOnEachStore(
  'a change of the embedding model',
  (open) => {
    let store: TestStore;
    let bench: ReindexBench;
    let notes: SearchableCollection;

    beforeAll(async () => {
      store = await open();
      bench = await reindexBench(store);
    });
    afterAll(() => bench.close());
    beforeEach(async () => {
      bench.endpoint.reset();
      notes = await searchable(bench.app, TEXTS);
    });

    const modelOf = async (): Promise<string> =>
      (await bench.app.request('GET', notes.base)).body.embedding_model;

    /** Stops the second model before it answers its next request. */
    function holdModel(): Gate {
      const gate = new Gate();
      bench.endpoint.script = [
        (request, response, incoming) => {
          void gate.pass().then(() => answerRight(request, response, incoming));
        },
      ];
      return gate;
    }

    it('ends with the name of the memory whose text the new model refuses', async () => {
      bench.endpoint.always = refuses(/tide table number 7/, 400, 'not acceptable');
      const { body } = await reindex(bench.app, notes.name, MODEL);
      const [hit] = await notes.search({ query: TEXTS[7], mode: 'vector', limit: 1 });
      expect(await ended(bench.app, body.job_id)).toMatchObject({
        status: 'error',
        error: expect.stringMatching(
          new RegExp(`^embedding_refused: .* memory ${hit!.id}: 400 not acceptable$`),
        ),
      });
      expect(await modelOf()).toBe(BUILTIN);
      bench.endpoint.reset();
      const again = await reindex(bench.app, notes.name, MODEL);
      expect(await ended(bench.app, again.body.job_id)).toMatchObject({ status: 'success' });
    });

    it('takes over when all is embedded, and the old vectors go', async () => {
      const started = await reindex(bench.app, notes.name, MODEL);
      expect(started).toMatchObject({ status: 202, body: { status: 'running', coalesced: false } });
      expect(await ended(bench.app, started.body.job_id)).toMatchObject({
        kind: 'reindex',
        status: 'success',
        result: { model: OTHER, embedded: TEXTS.length, removed: TEXTS.length },
      });
      expect(await modelOf()).toBe(OTHER);
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: TEXTS.length });
      const hits = await notes.search({ query: TEXTS[7], mode: 'vector', limit: 1 });
      expect(hits).toMatchObject([{ text: TEXTS[7], score: 1 }]);
    });

    it('leaves searches and writes as they are meanwhile, and misses none of them', async () => {
      const gate = holdModel();
      const { body } = await reindex(bench.app, notes.name, MODEL);
      await gate.reached;
      const [edited, deleted] = notes.ids as [string, string];
      const added = await bench.app.request('POST', `${notes.base}/memories`, {
        body: { text: 'A walrus swam by' },
      });
      expect(added.status).toBe(201);
      await bench.app.request('PATCH', `${notes.base}/memories/${edited}`, {
        body: { text: 'An octopus in place of a note' },
      });
      await bench.app.request('DELETE', `${notes.base}/memories/${deleted}`);
      expect(await notes.texts({ query: 'walrus', mode: 'vector', limit: 1 })).toEqual([
        'A walrus swam by',
      ]);
      expect(await modelOf()).toBe(BUILTIN);
      gate.open();
      expect(await ended(bench.app, body.job_id)).toMatchObject({ status: 'success' });
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: TEXTS.length });
      for (const text of ['A walrus swam by', 'An octopus in place of a note', TEXTS[9]!]) {
        const [hit] = await notes.search({ query: text, mode: 'vector', limit: 1 });
        expect(hit).toMatchObject({ text, score: 1 });
      }
    });

    it('misses nothing of what is written and asked from several sides meanwhile', async () => {
      const { body } = await reindex(bench.app, notes.name, MODEL);
      let over = false;
      let count = TEXTS.length;
      const side = async (name: string): Promise<void> => {
        for (let n = 0; n < LINES && !over; n += 1) {
          const text = `${name}${n} is a line`;
          const added = await bench.app.request('POST', `${notes.base}/memories`, {
            body: { text },
          });
          expect(added.status).toBe(201);
          count += 1;
          // Among all of them: at the moment of the swap it may be found by its words alone, and rank
          // below lines that are like it.
          expect(await notes.texts({ query: text, limit: 100 })).toContain(text);
        }
      };
      const sides = Promise.all(['north', 'south', 'west'].map(side));
      const job = await ended(bench.app, body.job_id);
      over = true;
      await sides;
      expect(job).toMatchObject({ status: 'success' });
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: count });
    });

    it('ends while a search is under way, which then looks into the new vectors', async () => {
      const qdrant = bench.app.nest.get<QdrantParts | null>(QDRANT, { strict: false });
      // Elsewhere a search is one transaction.
      if (!qdrant) return;
      const applied = () =>
        eventually('every mark is applied', async () => {
          const marks = await store.database.asSystem((tx) => qdrant.outbox.count(tx, 1));
          return marks === 0 ? true : undefined;
        });
      // Marked memories are scored by a search before it asks.
      await applied();
      const gate = new Gate();
      const ask = qdrant.store.query.bind(qdrant.store);
      jest.spyOn(qdrant.store, 'query').mockImplementationOnce(async (...asked) => {
        await gate.pass();
        return ask(...asked);
      });
      const texts = notes.texts({ query: TEXTS[7], limit: 1 });
      await gate.reached;
      const { body } = await reindex(bench.app, notes.name, MODEL);
      expect(await ended(bench.app, body.job_id)).toMatchObject({ status: 'success' });
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [OTHER]: TEXTS.length });
      await applied();
      gate.open();
      expect(await texts).toEqual([TEXTS[7]]);
    });

    it('makes a vector of the new text of a memory whose old one was embedded already', async () => {
      const gate = new Gate();
      const [first] = notes.ids as [string];
      // The first request is answered; the next is that of a memory which is added meanwhile.
      bench.endpoint.script = [
        (request, response, incoming) => {
          void bench.app
            .request('POST', `${notes.base}/memories`, { body: { text: 'A late one' } })
            .then(() => answerRight(request, response, incoming));
        },
        (request, response, incoming) => {
          void gate.pass().then(() => answerRight(request, response, incoming));
        },
      ];
      const { body } = await reindex(bench.app, notes.name, MODEL);
      await gate.reached;
      await bench.app.request('PATCH', `${notes.base}/memories/${first}`, {
        body: { text: 'Quite another text' },
      });
      gate.open();
      expect(await ended(bench.app, body.job_id)).toMatchObject({ status: 'success' });
      const [hit] = await notes.search({ query: 'Quite another text', mode: 'vector', limit: 1 });
      expect(hit).toMatchObject({ id: first, score: 1 });
    });

    it('is cancelled without a trace', async () => {
      const gate = holdModel();
      const { body } = await reindex(bench.app, notes.name, MODEL);
      await gate.reached;
      const path = `/v1/memory/jobs/${body.job_id}/cancel`;
      const cancelled = await bench.app.request('POST', path);
      expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
      gate.open();
      const again = await bench.app.request('POST', path);
      expect(again).toMatchObject({ status: 409, body: { code: 'job_not_cancellable' } });
      // A second one queues behind whatever the first still does.
      const inPlace = await reindex(bench.app, notes.name);
      expect(await ended(bench.app, inPlace.body.job_id)).toMatchObject({ status: 'success' });
      expect(await modelOf()).toBe(BUILTIN);
      expect(await vectorsBySpace(store.database, notes.name)).toEqual({ [BUILTIN]: TEXTS.length });
    });

    it('is joined by an equal request and refuses another one', async () => {
      const gate = holdModel();
      const { body } = await reindex(bench.app, notes.name, MODEL);
      await gate.reached;
      const same = await reindex(bench.app, notes.name, { model: OTHER });
      expect(same.body).toEqual({ ...body, coalesced: true });
      const other = await reindex(bench.app, notes.name);
      expect(other).toMatchObject({ status: 409, body: { code: 'reindex_under_way' } });
      gate.open();
      await ended(bench.app, body.job_id);
    });

    it('tells beforehand what it would embed, and which models there are', async () => {
      const plan = await reindex(bench.app, notes.name, { ...MODEL, dry_run: true });
      expect(plan).toMatchObject({
        status: 200,
        body: { dry_run: true, from_model: BUILTIN, to_model: OTHER, memories: TEXTS.length },
      });
      const unknown = await reindex(bench.app, notes.name, { model: 'nowhere' });
      expect(unknown).toMatchObject({ status: 422, body: { code: 'model_not_configured' } });
      const missing = await reindex(bench.app, 'no such collection');
      expect(missing.body.code).toBe('collection_not_found');
    });

    it('goes on with a model that was away for a while', async () => {
      bench.endpoint.script = [fails(400), fails(400)];
      const { body } = await reindex(bench.app, notes.name, MODEL);
      expect(await ended(bench.app, body.job_id)).toMatchObject({ status: 'success' });
    });

    it('tells what it waits for where Qdrant makes no collection for the new model', async () => {
      if (!store.double) return;
      const { spaces } = bench.app.nest.get<QdrantParts>(QDRANT, { strict: false });
      const refused = jest
        .spyOn(spaces, 'targets')
        .mockRejectedValue(new CollectionRefused(new QdrantRefusal('the limit is reached')));
      const { body } = await reindex(bench.app, notes.name, MODEL);
      const waiting = await eventually('the reason', async () => {
        const job = await bench.app.request('GET', `/v1/memory/jobs/${body.job_id}`);
        const { progress } = job.body;
        return progress?.phase === 'indexing' && progress.waiting ? progress.waiting : undefined;
      });
      expect(waiting).toMatch(/^index_unavailable: .*the limit is reached/);
      refused.mockRestore();
      await store.database.asSystem((tx) => tx.query('update outbox set due_at = now()'));
      expect(await ended(bench.app, body.job_id)).toMatchObject({ status: 'success' });
    });

    it('searches collections of both models with their own vectors', async () => {
      const { body } = await reindex(bench.app, notes.name, MODEL);
      await ended(bench.app, body.job_id);
      const others = await searchable(bench.app, ['Something about tide table number 4']);
      const answer = await bench.app.request('POST', '/v1/memory/search', {
        body: {
          query: TEXTS[4],
          mode: 'vector',
          collections: [notes.name, others.name],
          min_score: 0,
          limit: 2,
        },
      });
      const hits = answer.body as { collection: string; score: number }[];
      expect(hits.map((hit) => hit.collection).toSorted()).toEqual(
        [notes.name, others.name].toSorted(),
      );
      expect(hits.every((hit) => hit.score > 0.5)).toBe(true);
    });
  },
  describeOnOneDatabase,
);
