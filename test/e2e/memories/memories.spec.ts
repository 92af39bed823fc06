import { startApp, type TestApp } from '../../support/http-app.js';
import { collectionRoutes, type CollectionRoutes } from './collection-routes.js';

describe('memories', () => {
  let app: TestApp;
  let newCollection: () => CollectionRoutes;
  beforeAll(async () => {
    app = await startApp();
    newCollection = collectionRoutes(app);
  });
  afterAll(() => app.close());

  describe('add', () => {
    it('answers 201 with the documented defaults, and get answers the same', async () => {
      const { name, memories } = newCollection();
      const body = { text: 'Alex prefers dark mode', source: 'sdk', metadata: { k: 1 } };
      const added = await app.request('POST', memories, { body });
      expect(added.status).toBe(201);
      expect(added.body).toEqual({
        id: expect.any(String),
        text: 'Alex prefers dark mode',
        importance: 0.7,
        category: 'other',
        source: 'sdk',
        metadata: { k: 1 },
        images: [],
        created_at: expect.any(String),
        updated_at: expect.any(String),
        collection: name,
        container_tag: null,
        pinned: false,
        archived: false,
        is_latest: true,
        expires_at: null,
        memory_type: null,
      });
      const got = await app.request('GET', `${memories}/${added.body.id}`);
      expect(got.body).toEqual(added.body);
    });

    it.each(['0000-01-01T00:00:00Z', '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59'])(
      'refuses to let one expire at %s',
      async (at) => {
        const { memories } = newCollection();
        const body = { text: 'x', expires_at: at };
        const answer = await app.request('POST', memories, { body });
        expect([answer.status, answer.body.detail]).toEqual([
          422,
          [
            {
              loc: ['body', 'expires_at'],
              msg: 'must lie in the years 1 to 9999, in UTC',
              type: 'datetime_parsing',
            },
          ],
        ]);
        expect((await app.request('POST', `${memories}/bulk`, { body: [body] })).status).toBe(422);
      },
    );

    it('keeps the earliest and the latest time', async () => {
      const { memories } = newCollection();
      for (const at of ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']) {
        const body = { text: at, expires_at: at };
        const { body: added } = await app.request('POST', memories, { body });
        expect(added.expires_at).toBe(at);
      }
    });

    it('stores what is sent, and `api` as source without one', async () => {
      const { memories } = newCollection();
      const body = {
        text: ' two\r\nlines  \n\n\n\nand cafe\u0301 ',
        importance: 0.15,
        category: 'fact',
        container_tag: 'user 1',
        metadata: null,
        expires_at: '2126-01-01T00:00:00+01:00',
        unknown: true,
      };
      const added = await app.request('POST', memories, { body });
      expect(added.body).toMatchObject({
        text: 'two\nlines\n\nand café',
        importance: 0.15,
        category: 'fact',
        container_tag: 'user 1',
        source: 'api',
        metadata: {},
        expires_at: '2125-12-31T23:00:00.000Z',
      });
      const got = await app.request('GET', `${memories}/${added.body.id}`);
      expect(got.body).toEqual(added.body);
    });

    it('takes 10,000 characters and refuses more, none, and wrong values', async () => {
      const { memories } = newCollection();
      const longest = await app.request('POST', memories, { body: { text: 'x'.repeat(10_000) } });
      expect(longest.status).toBe(201);
      const wrong = [
        [{ text: 'x'.repeat(10_001) }, ['body', 'text'], 'string_too_long'],
        [{ text: ' \n ' }, ['body', 'text'], 'string_too_short'],
        [{}, ['body', 'text'], 'missing'],
        [{ text: 'a', importance: 1.1 }, ['body', 'importance'], 'less_than_equal'],
        [{ text: 'a', metadata: [] }, ['body', 'metadata'], 'record_type'],
      ] as const;
      for (const [body, loc, type] of wrong) {
        const answer = await app.request('POST', memories, { body });
        expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
        expect(answer.body.detail[0]).toMatchObject({ loc, type });
      }
    });
  });

  describe('bulk', () => {
    it('stores 250 in chunks of 100, each with an id of its own', async () => {
      const { memories, texts } = newCollection();
      const ids: string[] = [];
      const items = Array.from({ length: 250 }, (_, n) => ({ text: `fact number ${n}` }));
      for (const from of [0, 100, 200]) {
        const chunk = items.slice(from, from + 100);
        const answer = await app.request('POST', `${memories}/bulk`, { body: chunk });
        expect([answer.status, answer.body.created]).toEqual([200, chunk.length]);
        ids.push(...answer.body.ids);
      }
      expect(new Set(ids).size).toBe(250);
      const third = await app.request('GET', `${memories}/${ids[2]}`);
      expect(third.body.text).toBe('fact number 2');
      expect(await texts('?limit=200&offset=100')).toHaveLength(150);
    });

    it('finds an item with a container tag only there', async () => {
      const { memories, search } = newCollection();
      const body = [{ text: 'Ann likes tea', container_tag: 'ann' }, { text: 'Bob likes tea' }];
      await app.request('POST', `${memories}/bulk`, { body });
      expect(await search({ query: 'tea', container_tag: 'ann' })).toEqual(['Ann likes tea']);
      expect(await search({ query: 'tea', container_tag: 'bob' })).toEqual([]);
      expect((await search({ query: 'tea' })).toSorted()).toEqual(body.map((item) => item.text));
    });

    it('stores nothing when one item is wrong, and says which', async () => {
      const { base, memories } = newCollection();
      const body = [{ text: 'fine' }, { text: '' }, { text: 'fine', importance: 'high' }];
      const answer = await app.request('POST', `${memories}/bulk`, { body });
      expect(answer.status).toBe(422);
      expect(answer.body.detail.map((issue: { loc: unknown }) => issue.loc)).toEqual([
        ['body', 1, 'text'],
        ['body', 2, 'importance'],
      ]);
      expect((await app.request('GET', base)).body.code).toBe('collection_not_found');
    });

    it('refuses more than 100 items and more than 8 MB', async () => {
      const { memories } = newCollection();
      const items = Array.from({ length: 101 }, () => ({ text: 'one too many' }));
      const many = await app.request('POST', `${memories}/bulk`, { body: items });
      expect(many.body.detail[0]).toMatchObject({ loc: ['body'], type: 'too_long' });
      const filler = 'x'.repeat(8 * 1024 * 1024);
      const large = await app.request('POST', `${memories}/bulk`, { body: [{ text: filler }] });
      expect([large.status, large.body.code]).toEqual([413, 'body_too_large']);
    });
  });

  describe('update', () => {
    it('makes a new text findable and leaves the rest', async () => {
      const { add, memories, search } = newCollection();
      const id = await add({ text: 'The office is in Berlin', importance: 0.4 });
      const patch = await app.request('PATCH', `${memories}/${id}`, {
        body: { text: 'The office is in Lisbon ' },
      });
      expect(patch.body).toMatchObject({ id, text: 'The office is in Lisbon', importance: 0.4 });
      expect(await search({ query: 'Lisbon', mode: 'text' })).toEqual(['The office is in Lisbon']);
      expect(await search({ query: 'Berlin', mode: 'text' })).toEqual([]);
      expect(await search({ query: 'office Lisbon', mode: 'vector', min_score: 0.5 })).toHaveLength(
        1,
      );
    });

    it('changes only the fields that are sent; null is not sent', async () => {
      const { add, memories } = newCollection();
      const id = await add({ text: 'stays', category: 'fact', metadata: { a: 1 } });
      const patch = (body: unknown) => app.request('PATCH', `${memories}/${id}`, { body });
      expect((await patch({ importance: 0.9, text: null })).body).toMatchObject({
        text: 'stays',
        importance: 0.9,
        category: 'fact',
        metadata: { a: 1 },
      });
      expect((await patch({ category: 'task', metadata: { b: [2] } })).body).toMatchObject({
        importance: 0.9,
        category: 'task',
        metadata: { b: [2] },
      });
      const before = (await patch({})).body;
      expect((await app.request('GET', `${memories}/${id}`)).body).toEqual(before);
    });
  });

  describe('list', () => {
    it('pages by offset and by the link to the next page, newest first', async () => {
      const { add, memories, texts } = newCollection();
      for (let n = 0; n < 25; n++) await add({ text: `memory ${n}` });
      const newestFirst = Array.from({ length: 25 }, (_, n) => `memory ${24 - n}`);
      expect(await texts('?limit=10&offset=10')).toEqual(newestFirst.slice(10, 20));
      const walked: string[] = [];
      let next: string | undefined = `${memories}?limit=10`;
      while (next !== undefined) {
        const page = await app.request('GET', next);
        walked.push(...page.body.map((memory: { text: string }) => memory.text));
        next = /^<([^>]+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1];
      }
      expect(walked).toEqual(newestFirst);
    });

    it('keeps filters in the link, and a page stays whole when rows come or go', async () => {
      const { add, memories } = newCollection();
      for (let n = 0; n < 6; n++) await add({ text: `memory ${n}`, category: n % 2 ? 'a' : 'b' });
      const first = await app.request('GET', `${memories}?limit=2&category=a`);
      await app.request('DELETE', `${memories}/${first.body[1].id}`);
      await add({ text: 'newer', category: 'a' });
      const link = /<([^>]+)>/.exec(first.headers.get('link')!)![1]!;
      const second = await app.request('GET', link);
      expect(second.body.map((memory: { text: string }) => memory.text)).toEqual(['memory 1']);
    });

    it('shows a pinned memory first and an archived one on request only', async () => {
      const { add, memories, texts, search } = newCollection();
      const first = await add({ text: 'first about tea' });
      await add({ text: 'second about tea' });
      const pinned = await app.request('POST', `${memories}/${first}/pin`);
      expect([pinned.status, pinned.body.pinned]).toEqual([200, true]);
      expect(await texts()).toEqual(['first about tea', 'second about tea']);
      await app.request('POST', `${memories}/${first}/pin`, { body: { pinned: false } });
      expect(await texts()).toEqual(['second about tea', 'first about tea']);

      const archived = await app.request('POST', `${memories}/${first}/archive`);
      expect(archived.body.archived).toBe(true);
      expect(await texts()).toEqual(['second about tea']);
      expect(await search({ query: 'tea' })).toEqual(['second about tea']);
      expect(await texts('?include_archived=true')).toEqual([
        'second about tea',
        'first about tea',
      ]);
      await app.request('POST', `${memories}/${first}/archive`, { body: { archived: false } });
      expect((await search({ query: 'tea' })).toSorted()).toEqual(
        await texts().then((t) => t.toSorted()),
      );
    });

    it.each([
      ['limit=201', 422, 'validation_failed'],
      ['limit=0', 422, 'validation_failed'],
      ['offset=10001', 422, 'validation_failed'],
      ['include_archived=perhaps', 422, 'validation_failed'],
      ['cursor=nonsense', 400, 'bad_cursor'],
      [`cursor=${Buffer.from('[true,1,"1 or 1=1"]').toString('base64url')}`, 400, 'bad_cursor'],
    ])('refuses ?%s', async (query, status, code) => {
      const { add, memories } = newCollection();
      await add({ text: 'one' });
      const answer = await app.request('GET', `${memories}?${query}`);
      expect([answer.status, answer.body.code]).toEqual([status, code]);
    });
  });
});
