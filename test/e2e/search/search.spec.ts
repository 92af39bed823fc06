import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/database/database.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { describeOnEachStore } from '../../support/store-fixtures.js';
import { searchable } from './search-fixture.js';

const FACTS = [
  'Alex prefers dark mode in every editor',
  'The quarterly budget is due at the end of May',
  'Invoice INV-20391 was paid by bank transfer',
  'The office dog is called Biscuit',
];

describeOnEachStore('search', (open) => {
  let database: Database;
  let app: TestApp;
  beforeAll(async () => {
    const store = await open();
    database = store.database;
    app = await startApp(store);
  });
  afterAll(() => app.close());

  const system = (sql: string, values: unknown[]) =>
    database.asSystem((tx) => tx.query<unknown>(sql, values));

  describe('modes', () => {
    it('finds by meaning and words, best first, with score, rank and collection', async () => {
      const notes = await searchable(app, FACTS);
      const hits = await notes.search({ query: 'what theme does Alex like? dark?' });
      expect(hits[0]).toMatchObject({
        id: notes.ids[0],
        text: FACTS[0],
        collection: notes.name,
        title: null,
        url: null,
        author: null,
        source_updated_at: null,
        synced_at: null,
      });
      expect(hits[0]!.score).toBeGreaterThan(0.3);
      expect(hits[0]!.score).toBeLessThanOrEqual(1);
      const ranks = hits.map((hit) => hit.rank_score);
      expect(ranks).toEqual(ranks.toSorted((a, b) => b - a));
      expect(hits[0]).not.toHaveProperty('neighbours');
    });

    it('vector finds what shares no word with the query', async () => {
      const notes = await searchable(app, FACTS);
      const query = 'puppy';
      expect(await notes.texts({ query, mode: 'text' })).toEqual([]);
      const [best] = await notes.texts({ query, mode: 'vector', min_score: 0.1 });
      expect(best).toBe('The office dog is called Biscuit');
    });

    it('text finds by words alone, with the share of the words as the score', async () => {
      const notes = await searchable(app, FACTS);
      const [hit, ...others] = await notes.search({ query: 'INV-20391', mode: 'text' });
      expect(others).toEqual([]);
      expect(hit!.text).toBe('Invoice INV-20391 was paid by bank transfer');
      expect(hit!.score).toBeGreaterThan(0);
    });

    it('gives an equal text the score 1', async () => {
      const notes = await searchable(app, FACTS);
      const [hit] = await notes.search({ query: FACTS[1], mode: 'vector', min_score: 1 });
      expect(hit).toMatchObject({ text: FACTS[1], score: 1 });
    });

    it('min_score gates the vector arm and leaves matches by words', async () => {
      const notes = await searchable(app, FACTS);
      const query = 'zebra crossing near the harbour, biscuit';
      const texts = await notes.texts({ query, min_score: 0.99 });
      expect(texts).toEqual(['The office dog is called Biscuit']);
      expect(await notes.texts({ query, min_score: 0.99, mode: 'vector' })).toEqual([]);
      expect(await notes.texts({ query, min_score: 0, mode: 'vector' })).toHaveLength(4);
    });

    it('finds by stop words when the query has no others', async () => {
      const notes = await searchable(app, ['To be or not to be', 'Bees make honey']);
      expect(await notes.texts({ query: 'to be or not to be', mode: 'text' })).toEqual([
        'To be or not to be',
      ]);
    });

    it('finds by words what the model has no vector for', async () => {
      const notes = await searchable(app, ['ꦲꦏ꧀ꦱꦫꦗꦮ ꦲꦤꦕꦫꦏ', 'Plain English']);
      const query = 'ꦲꦤꦕꦫꦏ';
      expect(await notes.texts({ query })).toEqual(['ꦲꦏ꧀ꦱꦫꦗꦮ ꦲꦤꦕꦫꦏ']);
      expect(await notes.texts({ query, mode: 'vector', min_score: 0 })).toEqual([]);
    });
  });

  describe('what is hidden', () => {
    it('never shows: archived, superseded, expired', async () => {
      const notes = await searchable(app, [
        'The launch code word is heron',
        'The launch code word is egret',
        { text: 'The launch code word is stork', expires_at: '2020-01-01T00:00:00Z' },
        'The launch code word is crane',
      ]);
      await notes.change(notes.ids[0]!, 'archive');
      await system(`update memories set is_latest = false, visible = false where id = $1`, [
        notes.ids[1],
      ]);
      for (const mode of ['hybrid', 'vector', 'text']) {
        const texts = await notes.texts({ query: 'launch code word', mode, min_score: 0 });
        expect([mode, texts]).toEqual([mode, ['The launch code word is crane']]);
      }
      await notes.change(notes.ids[0]!, 'archive', { archived: false });
      expect(await notes.texts({ query: 'launch code word' })).toHaveLength(2);
    });

    it('does not crowd out what may be shown', async () => {
      const hidden = Array.from({ length: 450 }, (_, n) => `Standup note ${n}: all is well`);
      const shown = Array.from({ length: 6 }, (_, n) => `A longer standup note of week ${n}, fine`);
      const notes = await searchable(app, [...hidden, ...shown]);
      await system(`update memories set archived = true, visible = false where id = any($1)`, [
        notes.ids.slice(0, 450),
      ]);
      // So many at once are found when their points are there.
      await eventually('points', async () => {
        const marks = (await system('select 1 from outbox limit 1', [])) as unknown[];
        return marks.length === 0 || undefined;
      });
      for (const mode of ['hybrid', 'vector', 'text']) {
        const query = 'standup note: all is well';
        const texts = await notes.texts({ query, mode, limit: 6, min_score: 0 });
        expect([mode, texts.toSorted()]).toEqual([mode, shown]);
      }
    });
  });

  describe('filters', () => {
    const items = [
      { text: 'Lunch is at noon', category: 'habit', container_tag: 'alex', source: 'sdk' },
      { text: 'Lunch is at one', category: 'habit', container_tag: 'kim', metadata: { team: 'a' } },
      { text: 'Lunch is cancelled', category: 'event', metadata: { team: 'b', tags: ['x', 'y'] } },
    ];

    it.each([
      [{ category: 'event' }, [2]],
      [{ category: 'none' }, []],
      [{ container_tag: 'alex' }, [0]],
      [{ container_tag: 'kim', category: 'event' }, []],
      [{ metadata_filter: { team: 'a' } }, [1]],
      [{ metadata_filter: { tags: ['y'] } }, [2]],
      [{ metadata_filter: {} }, [0, 1, 2]],
      [{ source: 'sdk' }, [0]],
      [{ provider: 'sdk' }, [0]],
      [{ connection_id: randomUUID() }, []],
      [{ author: 'Dana' }, []],
      [{ container: 'general' }, []],
      [{ since: '2020-01-01' }, [0, 1, 2]],
      [{ since: '2100-01-01T00:00:00+02:00' }, []],
      [{ until: '2020-01-01' }, []],
      [{ category: null, container_tag: null, metadata_filter: null }, [0, 1, 2]],
      [{ rewrite: true, rerank: true, something: 'else' }, [0, 1, 2]],
    ])('%j', async (filter, expected) => {
      const notes = await searchable(app, items);
      const texts = await notes.texts({ query: 'lunch', min_score: 0, ...filter });
      expect(texts.toSorted()).toEqual(expected.map((at) => items[at]!.text).toSorted());
    });
  });

  describe('times that are out of range', () => {
    it.each([
      [{ since: '0000-01-01T00:00:00Z' }, 422],
      [{ since: '0000-01-01' }, 422],
      [{ since: '0001-01-01T00:00:00+23:59' }, 422],
      [{ until: '9999-12-31T23:59:59-23:59' }, 422],
      [{ since: '0001-01-01', until: '9999-12-31' }, 200],
      [{ since: '0001-01-01T23:59:00+23:59', until: '9999-12-31T23:59:59.999Z' }, 200],
    ])('%j is answered with %d', async (range, status) => {
      const body = { query: 'lunch', ...range };
      const answer = await app.request('POST', '/v1/memory/search', { body });
      expect(answer.status).toBe(status);
    });

    it('are told from what is no time at all', async () => {
      const body = { query: 'lunch', since: 'yesterday' };
      const { status, text } = await app.request('POST', '/v1/memory/search', { body });
      expect(status).toBe(422);
      expect(text).toContain('must be a date (2026-01-31) or a time (2026-01-31T09:00:00Z)');
    });
  });

  describe('more than both arms can answer', () => {
    const GROUPS = 6;

    /** All that waits to be applied or counted would change scores between two searches. */
    const settled = () =>
      eventually('points and statistics follow', async () => {
        const waiting = `select 1 from outbox union all select 1 from term_deltas limit 1`;
        return ((await system(waiting, [])) as unknown[]).length === 0 ? true : undefined;
      });

    it('is ranked as if every score had been looked at', async () => {
      // The vector finds the first half of each group, the rare word is in the second one.
      const notes = await searchable(
        app,
        Array.from({ length: 600 }, (_, n) => ({
          text:
            n % 2 === 0
              ? `High and low tide at harbour ${n}, spring tide ${n % 7}`
              : `Minutes of board meeting ${n}: quokka ${'budget '.repeat(n % 11)}`,
          metadata: { group: Math.floor(n / 2) % GROUPS },
        })),
      );
      await settled();
      const ask = (limit: number, more = {}) =>
        notes.search({ query: 'quokka tide', min_score: 0, boosts: false, limit, ...more });
      // Few enough for both arms to find all of a group, so these have both scores.
      const groups = await Promise.all(
        Array.from({ length: GROUPS }, (_, group) => ask(100, { metadata_filter: { group } })),
      );
      expect(groups.map((hits) => hits.length)).toEqual(groups.map(() => 100));
      const all = new Map(groups.flat().map((hit) => [hit.id, hit]));
      expect(all.size).toBe(600);
      const ranks = [...all.values()].map((hit) => hit.rank_score).sort((a, b) => b - a);
      for (const limit of [1, 10, 40, 100]) {
        const hits = await ask(limit);
        expect(hits).toHaveLength(limit);
        for (const [at, { id, score, rank_score }] of hits.entries()) {
          expect(score).toBeCloseTo(all.get(id)!.score, 4);
          expect(rank_score).toBeCloseTo(all.get(id)!.rank_score, 4);
          expect(rank_score).toBeCloseTo(ranks[at]!, 4);
        }
      }
    });
  });

  describe('boosts', () => {
    it('let importance settle a tie, and can be switched off', async () => {
      const text = 'The deploy freeze starts on Thursday';
      const items = [0.1, 1, 0.5].map((importance) => ({ text, importance }));
      const notes = await searchable(app, items);
      const hits = await notes.search({ query: 'deploy freeze' });
      expect(hits.map((hit) => hit.importance)).toEqual([1, 0.5, 0.1]);
      const plain = await notes.search({ query: 'deploy freeze', boosts: false });
      expect(new Set(plain.map((hit) => hit.rank_score)).size).toBe(1);
    });

    it('let the newer of two equals come first', async () => {
      const text = 'Parking is on level two';
      const notes = await searchable(app, [text, text]);
      await system(`update memories set created_at = now() - interval '1 year' where id = $1`, [
        notes.ids[0],
      ]);
      const hits = await notes.search({ query: 'where to park' });
      expect(hits.map((hit) => hit.id)).toEqual([notes.ids[1], notes.ids[0]]);
    });

    it('lift no poor match over a good one', async () => {
      const notes = await searchable(app, [
        { text: 'The espresso machine is broken', importance: 0 },
        { text: 'A machine learning course starts soon', importance: 1 },
      ]);
      await system(`update memories set created_at = now() - interval '3 years' where id = $1`, [
        notes.ids[0],
      ]);
      const [best] = await notes.texts({ query: 'is the espresso machine broken' });
      expect(best).toBe('The espresso machine is broken');
    });
  });

  describe('input', () => {
    it('that is wrong is refused with the place', async () => {
      const notes = await searchable(app, FACTS);
      for (const [body, place] of [
        [{}, 'query'],
        [{ query: '' }, 'query'],
        [{ query: ' \n ' }, 'query'],
        [{ query: 'x'.repeat(10_001) }, 'query'],
        [{ query: 'x', limit: 0 }, 'limit'],
        [{ query: 'x', limit: 101 }, 'limit'],
        [{ query: 'x', min_score: 1.1 }, 'min_score'],
        [{ query: 'x', mode: 'magic' }, 'mode'],
        [{ query: 'x', neighbours: 4 }, 'neighbours'],
        [{ query: 'x', since: 'yesterday' }, 'since'],
        [{ query: 'x', connection_id: '7' }, 'connection_id'],
        [{ query: 'x', source: 'slack', provider: 'notion' }, 'provider'],
        [{ query: 'x', metadata_filter: [] }, 'metadata_filter'],
      ] as const) {
        const answer = await app.request('POST', `${notes.base}/search`, { body });
        expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
        expect(answer.body.detail[0].loc).toEqual(['body', place]);
      }
      const longest = { query: 'dark mode '.repeat(1000).trim() };
      expect((await app.request('POST', `${notes.base}/search`, { body: longest })).status).toBe(
        200,
      );
    });

    it('with an unknown collection is a 404', async () => {
      const path = '/v1/memory/collections/nowhere/search';
      for (const mode of ['hybrid', 'text']) {
        const answer = await app.request('POST', path, { body: { query: 'x', mode } });
        expect([answer.status, answer.body.code]).toEqual([404, 'collection_not_found']);
      }
    });
  });

  describe('related', () => {
    it('answers what is most like a memory, without itself, and works for archived ones', async () => {
      const notes = await searchable(app, [
        'Cats sleep most of the day',
        'A cat sleeps for sixteen hours a day',
        'The tax return is due in July',
      ]);
      await notes.change(notes.ids[0]!, 'archive');
      const path = `${notes.base}/memories/${notes.ids[0]}/related`;
      const related = await app.request('GET', path);
      expect(related.status).toBe(200);
      expect(related.body.map((hit: { id: string }) => hit.id)).toEqual([
        notes.ids[1],
        notes.ids[2],
      ]);
      const strict = await app.request('GET', `${path}?min_score=0.5`);
      expect(strict.body).toHaveLength(1);
    });

    it('goes by words where the model has no vector', async () => {
      const notes = await searchable(app, ['ꦲꦏ꧀ꦱꦫꦗꦮ ꦲꦤꦕꦫꦏ', 'ꦲꦤꦕꦫꦏ', 'Plain English']);
      const path = `${notes.base}/memories/${notes.ids[0]}/related`;
      const related = await app.request('GET', path);
      expect(related.body.map((hit: { id: string }) => hit.id)).toEqual([notes.ids[1]]);
    });
  });
});
