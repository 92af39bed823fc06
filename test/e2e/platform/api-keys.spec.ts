import { createHash } from 'node:crypto';
import { KeyUsage } from '../../../src/auth/key-usage.js';
import { Database } from '../../../src/database/database.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { stopIntervals } from '../../support/patience.js';

const keys = '/v1/memory/api-keys';

describe('API keys', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
    stopIntervals(app);
  });
  afterAll(() => app.close());

  it('are shown once and stored as a hash', async () => {
    const created = await app.request('POST', keys, { body: { name: 'agent' } });
    expect(created.status).toBe(201);
    const { api_key: secret, ...row } = created.body;
    expect(secret).toMatch(/^mv_[A-Za-z0-9_-]{43}$/);
    expect(row).toMatchObject({
      name: 'agent',
      prefix: secret.slice(0, 8),
      scopes: ['memory:read', 'memory:write'],
      collection: null,
      expires_at: null,
      revoked_at: null,
    });
    const list = await app.request('GET', keys);
    expect(list.text).not.toContain(secret);
    const stored = await app.nest
      .get(Database)
      .asSystem((tx) =>
        tx.query<{ row: string; hash: Buffer }[]>('select k::text as row, hash from api_keys k'),
      );
    expect(stored.length).toBeGreaterThan(0);
    for (const { row, hash } of stored) {
      expect(row).not.toContain(secret);
      expect(hash.includes(secret)).toBe(false);
    }
    const sha256 = createHash('sha256').update(secret).digest();
    expect(stored.filter(({ hash }) => sha256.equals(hash))).toHaveLength(1);
  });

  it.each([
    ['both kinds of expiry', { expires_in_days: 1, expires_at: '2999-01-01T00:00:00Z' }],
    ['an expiry in the past', { expires_at: '2020-01-01T00:00:00Z' }],
    ['an expiry before year 1', { expires_at: '0001-01-01T00:00:00+23:59' }],
    ['an expiry after year 9999', { expires_at: '9999-12-31T23:59:59-23:59' }],
    ['a life of no time', { expires_in_days: 0 }],
    ['a life of under a minute', { expires_in_days: 0.0006 }],
    ['an unknown scope', { scopes: ['everything'] }],
    ['no scope', { scopes: [] }],
    ['an unknown field', { scope: ['admin'] }],
    ['an impossible collection', { collection: 'a/b' }],
  ])('are refused with %s', async (_, wrong) => {
    const answer = await app.request('POST', keys, { body: { name: 'x', ...wrong } });
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
  });

  it('page newest first, by offset and by cursor', async () => {
    const { apiKey } = await app.newTenant();
    for (const name of ['one', 'two', 'three', 'four']) await app.newKey({ name }, apiKey);
    const names = async (query: string) => {
      const answer = await app.request('GET', `${keys}?${query}`, { key: apiKey });
      const [, next] = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '') ?? [];
      return { names: answer.body.map((row: { name: string }) => row.name), next };
    };
    const first = await names('limit=2');
    expect(first.names).toEqual(['four', 'three']);
    const second = await names(first.next!.split('?')[1]!);
    expect(second.names).toEqual(['two', 'one']);
    const third = await names(second.next!.split('?')[1]!);
    expect(third).toEqual({ names: ['first key'], next: undefined });
    expect((await names('limit=2&offset=3')).names).toEqual(['one', 'first key']);
  });

  it('refuse a made-up cursor', async () => {
    const answer = await app.request('GET', `${keys}?cursor=bm9wZQ`);
    expect([answer.status, answer.body.code]).toEqual([400, 'bad_cursor']);
  });

  it('are revoked once; a second time changes nothing', async () => {
    const { id } = await app.newKey({ name: 'doomed' });
    const first = await app.request('DELETE', `${keys}/${id}`);
    expect([first.status, first.body]).toEqual([200, {}]);
    const revokedAt = async () => {
      const list = await app.request('GET', keys);
      return list.body.find((row: { id: string }) => row.id === id).revoked_at;
    };
    const before = await revokedAt();
    expect(before).not.toBeNull();
    await app.request('DELETE', `${keys}/${id}`);
    expect(await revokedAt()).toBe(before);
  });

  it('that do not exist answer api_key_not_found', async () => {
    const answer = await app.request('DELETE', `${keys}/${crypto.randomUUID()}`);
    expect([answer.status, answer.body.code]).toEqual([404, 'api_key_not_found']);
  });

  it('rotate: the old one is dead at once, the new one has its rights', async () => {
    const { apiKey: old } = await app.newKey({ name: 'turning', scopes: ['admin', 'memory:read'] });
    const rotated = await app.request('POST', '/v1/memory/admin/rotate-key', { key: old });
    expect(rotated.status).toBe(200);
    expect(Object.keys(rotated.body).sort()).toEqual(['api_key', 'message']);
    const dead = await app.request('GET', keys, { key: old });
    expect([dead.status, dead.body.code]).toEqual([401, 'key_revoked']);
    const fresh = rotated.body.api_key;
    expect((await app.request('GET', keys, { key: fresh })).status).toBe(200);
    const write = await app.request('POST', '/v1/memory/collections', {
      key: fresh,
      body: { name: 'x' },
    });
    expect(write.body.code).toBe('forbidden');
  });

  it('rotated twice at once give one new key', async () => {
    const { apiKey: old } = await app.newKey({ name: 'raced', scopes: ['admin'] });
    const rotate = () => app.request('POST', '/v1/memory/admin/rotate-key', { key: old });
    const statuses = (await Promise.all([rotate(), rotate()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 401]);
  });

  it('remember when they were last used', async () => {
    const { id, apiKey } = await app.newKey({ name: 'used', scopes: ['memory:read'] });
    const lastUsed = async () => {
      const list = await app.request('GET', keys);
      return list.body.find((row: { id: string }) => row.id === id).last_used_at;
    };
    await app.request('GET', '/v1/memory/collections', { key: apiKey });
    expect(await lastUsed()).toBeNull();
    await app.nest.get(KeyUsage).flush();
    expect(Date.parse(await lastUsed())).toBeLessThanOrEqual(Date.now());
  });
});
