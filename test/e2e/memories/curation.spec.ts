import { Database } from '../../../src/database/database.js';
import { startApp, type TestApp, type TestTenant } from '../../support/http-app.js';

describe('curation', () => {
  let app: TestApp;
  let tenant: TestTenant;
  beforeAll(async () => {
    app = await startApp();
    tenant = await app.newTenant();
  });
  afterAll(() => app.close());

  let collections = 0;
  const newCollection = async (items: readonly Record<string, unknown>[]) => {
    const name = `notes-${++collections}`;
    const base = `/v1/memory/collections/${name}`;
    const key = tenant.apiKey;
    const post = (path: string, body?: unknown) =>
      app.request('POST', `${base}/${path}`, { key, body });
    const get = (path: string) => app.request('GET', `${base}/${path}`, { key });
    const texts = async (): Promise<string[]> => {
      const answer = await get('memories?limit=200');
      return answer.body.map((memory: { text: string }) => memory.text).toSorted();
    };
    const added = await post('memories/bulk', items);
    expect(added.status).toBe(200);
    return { name, post, get, texts, ids: added.body.ids as string[] };
  };

  describe('dedup', () => {
    const items = [
      { text: 'Alex prefers dark mode', importance: 0.5 },
      { text: 'Alex prefers dark mode' },
      { text: 'Alex prefers dark mode', container_tag: 'other user' },
      { text: 'Alex prefers the dark mode' },
      { text: 'The quarterly budget is due in May' },
    ];

    it('names the clusters of a dry run and deletes nothing', async () => {
      const { post, texts } = await newCollection(items);
      const answer = await post('dedup');
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ deleted: 0, dry_run: true, cluster_count: 1 });
      const [cluster] = answer.body.clusters;
      expect(cluster.keep.text).toMatch(/^Alex prefers/);
      expect(cluster.duplicates).toHaveLength(2);
      expect(await texts()).toHaveLength(5);
    });

    it('keeps the most important of each cluster, within its container tag', async () => {
      const { post, get, texts, ids } = await newCollection(items);
      await post(`memories/${ids[0]}/pin`);
      const answer = await post('dedup', { dry_run: false });
      expect(answer.body).toMatchObject({ deleted: 2, dry_run: false });
      expect(await texts()).toEqual([
        'Alex prefers dark mode',
        'Alex prefers dark mode',
        'The quarterly budget is due in May',
      ]);
      expect((await get(`memories/${ids[0]}`)).status).toBe(200);
      expect((await get(`memories/${ids[2]}`)).status).toBe(200);
      const again = await post('dedup', { dry_run: false });
      expect(again.body).toMatchObject({ deleted: 0, clusters: [] });
    });

    it('takes only equal texts at threshold 1', async () => {
      const { post, texts } = await newCollection([
        { text: 'Alex prefers dark mode' },
        { text: 'Alex prefers dark mode ' },
        { text: 'Alex really prefers dark mode' },
      ]);
      const answer = await post('dedup', { threshold: 1, dry_run: false });
      expect(answer.body.deleted).toBe(1);
      expect(await texts()).toEqual(['Alex prefers dark mode', 'Alex really prefers dark mode']);
    });

    it('leaves its job to be read afterwards, by keys of that tenant and collection', async () => {
      const { name, post } = await newCollection(items);
      await post('dedup');
      const database = app.nest.get(Database);
      const [job] = await database.inTenant(tenant.id, (tx) =>
        tx.query<{ id: string }[]>(
          `select id from jobs where tenant_id = $1 and params->>'collection' = $2`,
          [tenant.id, name],
        ),
      );
      const path = `/v1/memory/jobs/${job!.id}`;
      const read = await app.request('GET', path, { key: tenant.apiKey });
      expect(read.body).toMatchObject({ kind: 'dedup', status: 'success', error: null });
      expect(read.body.result).toMatchObject({ cluster_count: 1, dry_run: true });
      expect((await app.request('GET', path)).body.code).toBe('job_not_found');
      const own = await app.newKey({ name: 'own', collection: name }, tenant.apiKey);
      expect((await app.request('GET', path, { key: own.apiKey })).status).toBe(200);
      const other = await app.newKey({ name: 'other', collection: 'other' }, tenant.apiKey);
      const refused = await app.request('GET', path, { key: other.apiKey });
      expect(refused.body.code).toBe('collection_forbidden');
    });
  });

  describe('archive-stale', () => {
    it('counts in a dry run and archives all but pinned ones', async () => {
      const { post, texts, ids } = await newCollection([{ text: 'old' }, { text: 'old, pinned' }]);
      await post(`memories/${ids[1]}/pin`);
      expect((await post('archive-stale')).body).toEqual({ would_archive: 0 });
      const all = { older_than_days: 0 };
      expect((await post('archive-stale', all)).body).toEqual({ would_archive: 1 });
      expect(await texts()).toHaveLength(2);
      expect((await post('archive-stale', { ...all, dry_run: false })).body).toEqual({
        archived: 1,
      });
      expect(await texts()).toEqual(['old, pinned']);
      expect((await post('archive-stale', all)).body).toEqual({ would_archive: 0 });
    });
  });

  describe('health', () => {
    it('counts what needs attention, with exactly the documented fields', async () => {
      const { get, post, ids } = await newCollection([
        { text: 'a fact', category: 'fact' },
        { text: 'another fact', category: 'fact' },
        { text: 'over', expires_at: '2020-01-01T00:00:00Z' },
        { text: 'archived' },
      ]);
      await post(`memories/${ids[3]}/archive`);
      expect((await get('health')).body).toEqual({
        total: 4,
        stale: 0,
        expired: 1,
        supersessions: 0,
        needs_attention: 1,
        categories: { fact: 2, other: 2 },
      });
      const strict = await get('health?stale_days=0');
      expect(strict.body).toMatchObject({ stale: 2, expired: 1, needs_attention: 3 });
    });
  });

  describe('contradictions', () => {
    it('list what superseded what, newest first', async () => {
      const { get, ids } = await newCollection([
        { text: 'Alex works at Google' },
        { text: 'Alex works at Stripe' },
        { text: 'Alex works at Monzo' },
      ]);
      const database = app.nest.get(Database);
      const supersede = (from: number, to: number, at: string) =>
        database.inTenant(tenant.id, async (tx) => {
          await tx.query(
            `insert into edges (from_id, to_id, kind, reason, created_at)
             values ($1, $2, 'supersedes', 'changed jobs', $3)`,
            [ids[from], ids[to], at],
          );
          await tx.query('update memories set is_latest = false, visible = false where id = $1', [
            ids[to],
          ]);
        });
      await supersede(1, 0, '2026-01-01T00:00:00Z');
      await supersede(2, 1, '2026-02-01T00:00:00Z');
      const { body } = await get('contradictions');
      expect(
        body.map((pair: { current: { text: string }; superseded: { text: string } }) => [
          pair.current.text,
          pair.superseded.text,
        ]),
      ).toEqual([
        ['Alex works at Monzo', 'Alex works at Stripe'],
        ['Alex works at Stripe', 'Alex works at Google'],
      ]);
      expect((await get('contradictions?limit=1')).body).toHaveLength(1);
      expect((await get('health')).body.supersessions).toBe(2);
    });
  });

  describe('profile and summary', () => {
    it('describe a collection with exactly the documented fields, the same each time', async () => {
      const { get, post, ids } = await newCollection([
        { text: 'Alex prefers dark mode', category: 'preference' },
        { text: 'Dark mode is on in the editor', category: 'preference' },
        { text: 'Alex works at Stripe', category: 'fact' },
        { text: 'Secret of another user', container_tag: 'bob' },
      ]);
      await post(`memories/${ids[2]}/pin`);
      const profile = await get('profile');
      expect(profile.body).toEqual({ profile: expect.any(String), based_on: 4 });
      expect(profile.body.profile).toContain('preference (2)');
      expect(profile.body.profile).toContain('Pinned:\n- Alex works at Stripe');
      expect((await get('profile')).body).toEqual(profile.body);

      const summary = await get('summary');
      expect(summary.body).toEqual({
        summary: expect.stringContaining('Alex works at Stripe.'),
        themes: expect.arrayContaining(['alex', 'dark', 'mode']),
        based_on: 4,
        generated_at: expect.any(String),
      });
      expect((await get('summary?limit=1')).body.based_on).toBe(1);
      const bob = await get('summary?container_tag=bob');
      expect(bob.body).toMatchObject({ summary: 'Secret of another user.', based_on: 1 });
    });
  });

  describe('forget', () => {
    const items = [
      { text: 'Project Icarus launches in May' },
      { text: 'Project Icarus' },
      { text: 'Icarus was warned about the sun by his father' },
      { text: 'The canteen serves soup on Mondays' },
    ];

    it('deletes only what reaches the score, however well words match', async () => {
      const { post, texts } = await newCollection(items);
      const none = await post('forget', { query: 'Icarus sun father canteen', min_score: 0.99 });
      expect(none.body).toEqual({ deleted: 0 });
      const answer = await post('forget', { query: 'project Icarus', min_score: 0.6 });
      expect(answer.body.deleted).toBeGreaterThanOrEqual(1);
      const left = await texts();
      expect(left).toHaveLength(4 - answer.body.deleted);
      expect(left).toContain('The canteen serves soup on Mondays');
      expect(left).not.toContain('Project Icarus');
    });

    it('names in a dry run what it then deletes, and changes nothing', async () => {
      const { name, post, texts, ids } = await newCollection(items);
      const wanted = { query: 'project Icarus', min_score: 0.6 };
      const dry = await post('forget', { ...wanted, dry_run: true });
      expect(dry.body).toMatchObject({ deleted: 0, dry_run: true });
      expect(dry.body.ids).toContain(ids[1]);
      expect(dry.body.would_delete).toBe(dry.body.ids.length);
      expect(await texts()).toHaveLength(4);
      const reader = await app.newKey({ name: 'r', scopes: ['memory:read'] }, tenant.apiKey);
      const path = `/v1/memory/collections/${name}/forget`;
      const as = (body: unknown) => app.request('POST', path, { key: reader.apiKey, body });
      expect((await as({ ...wanted, dry_run: true })).body).toEqual(dry.body);
      expect((await as({ ...wanted, dry_run: false })).status).toBe(403);
      expect((await as(wanted)).status).toBe(403);
      expect((await post('forget', { ...wanted, dry_run: 'yes' })).status).toBe(422);
      expect((await post('forget', wanted)).body).toEqual({ deleted: dry.body.would_delete });
      expect(await texts()).toHaveLength(4 - dry.body.would_delete);
    });

    it('deletes no more than the limit', async () => {
      const { post, texts } = await newCollection(items);
      const answer = await post('forget', { query: 'project Icarus', min_score: 0, limit: 2 });
      expect(answer.body).toEqual({ deleted: 2 });
      expect(await texts()).toHaveLength(2);
      expect((await post('forget', { query: 'x', limit: 101 })).status).toBe(422);
      expect((await post('forget', { query: ' ' })).status).toBe(422);
    });
  });

  it('answers 404 for an unknown collection on every route', async () => {
    const base = '/v1/memory/collections/nowhere';
    const routes = [
      ['POST', 'forget', { query: 'x' }],
      ['POST', 'dedup'],
      ['POST', 'archive-stale'],
      ['POST', 'archive-stale', { dry_run: false }],
      ['GET', 'health'],
      ['GET', 'contradictions'],
      ['GET', 'profile'],
      ['GET', 'summary'],
    ] as const;
    for (const [method, path, body] of routes) {
      const answer = await app.request(method, `${base}/${path}`, { body });
      expect([path, answer.body.code]).toEqual([path, 'collection_not_found']);
    }
  });
});
