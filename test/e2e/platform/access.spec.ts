import { RequestMethod } from '@nestjs/common';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { ACCESS } from '../../../src/auth/access.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { ShiftedClock } from '../../support/shifted-clock.js';

const collections = '/v1/memory/collections';
const HOUR_MS = 3600_000;

describe('access', () => {
  let app: TestApp;
  const clock = new ShiftedClock();
  beforeAll(async () => {
    app = await startApp({ clock });
    await app.request('POST', collections, { body: { name: 'notes' } });
    await app.request('POST', collections, { body: { name: 'other' } });
  });
  afterAll(() => app.close());

  it('is stated by every route', () => {
    const routes = routesOf(app);
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter(({ access }) => access === undefined)).toEqual([]);
  });

  it.each([
    ['no header', undefined],
    ['another scheme', 'Basic bXZf'],
    ['an unknown key', 'Bearer mv_unknown'],
  ])('is refused with %s', async (_, authorization) => {
    const headers = authorization === undefined ? undefined : { authorization };
    const answer = await app.request('GET', collections, { key: null, headers });
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('is refused before the body is looked at', async () => {
    const answer = await app.request('POST', collections, { key: null, body: '{broken' });
    expect(answer.status).toBe(401);
  });

  it('needs the scope of the route: a read-only key reads and cannot write', async () => {
    const reader = await app.newKey({ name: 'reader', scopes: ['memory:read'] });
    const read = await app.request('GET', collections, { key: reader.apiKey });
    expect(read.status).toBe(200);
    for (const [method, path] of [
      ['POST', collections],
      ['PUT', `${collections}/notes`],
      ['DELETE', `${collections}/notes`],
      ['POST', '/v1/memory/api-keys'],
      ['POST', '/v1/memory/admin/rotate-key'],
    ] as const) {
      const write = await app.request(method, path, { key: reader.apiKey, body: { name: 'x' } });
      expect([path, write.status, write.body.code]).toEqual([path, 403, 'forbidden']);
    }
  });

  it('ends when the key expires', async () => {
    const { apiKey } = await app.newKey({ name: 'short', expires_in_days: 1 / 24 });
    expect((await app.request('GET', collections, { key: apiKey })).status).toBe(200);
    clock.advance(HOUR_MS + 1);
    const answer = await app.request('GET', collections, { key: apiKey });
    expect([answer.status, answer.body.code]).toEqual([401, 'key_expired']);
  });

  it('ends at once when the key is revoked, though it was just used', async () => {
    const { id, apiKey } = await app.newKey({ name: 'doomed' });
    expect((await app.request('GET', collections, { key: apiKey })).status).toBe(200);
    await app.request('DELETE', `/v1/memory/api-keys/${id}`);
    const answer = await app.request('GET', collections, { key: apiKey });
    expect([answer.status, answer.body.code]).toEqual([401, 'key_revoked']);
  });

  describe('of a key restricted to one collection', () => {
    let key: string;
    beforeAll(async () => {
      const scopes = ['memory:read', 'memory:write', 'admin'];
      key = (await app.newKey({ name: 'restricted', scopes, collection: 'notes' })).apiKey;
    });

    it('covers that collection', async () => {
      const one = await app.request('GET', `${collections}/notes`, { key });
      expect([one.status, one.body.name]).toEqual([200, 'notes']);
      const list = await app.request('GET', collections, { key });
      expect(list.body.map(({ name }: { name: string }) => name)).toEqual(['notes']);
    });

    it.each([
      ['GET', `${collections}/other`, undefined],
      ['DELETE', `${collections}/other`, undefined],
      ['POST', collections, { name: 'third' }],
      ['GET', '/v1/memory/api-keys', undefined],
      ['POST', '/v1/memory/api-keys', { name: 'wider' }],
      ['POST', '/v1/memory/admin/delete-account', { confirm: 'default' }],
    ])('does not cover %s %s', async (method, path, body) => {
      const answer = await app.request(method, path, { key, body });
      expect([answer.status, answer.body.code]).toEqual([403, 'collection_forbidden']);
    });

    it('stays restricted when it is rotated, and follows a rename', async () => {
      const rotated = await app.request('POST', '/v1/memory/admin/rotate-key', { key });
      key = rotated.body.api_key;
      expect((await app.request('GET', `${collections}/other`, { key })).status).toBe(403);
      await app.request('PUT', `${collections}/notes`, { body: { name: 'renamed' } });
      expect((await app.request('GET', `${collections}/renamed`, { key })).status).toBe(200);
      expect((await app.request('GET', `${collections}/notes`, { key })).status).toBe(403);
    });
  });

  it('of operator routes needs the operator key', async () => {
    const path = '/v1/memory/admin/tenants';
    const tenant = await app.request('GET', path);
    expect([tenant.status, tenant.body.code]).toEqual([403, 'operator_only']);
    const operator = await app.request('GET', path, { key: app.operatorKey });
    expect(operator.status).toBe(200);
  });

  it('of tenant routes is closed to the operator key, which has no tenant', async () => {
    const answer = await app.request('GET', collections, { key: app.operatorKey });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
  });
});

/** Every handler of every controller, as Nest has registered them. */
function routesOf(app: TestApp): { route: string; access: unknown }[] {
  const reflector = new Reflector();
  const scanner = new MetadataScanner();
  const controllers = [...app.nest.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  return controllers.flatMap(({ instance, metatype }) => {
    const prototype = Object.getPrototypeOf(instance) as Record<string, () => unknown>;
    return scanner
      .getAllMethodNames(prototype)
      .map((name) => ({ name, handler: prototype[name]! }))
      .filter(({ handler }) => Reflect.getMetadata('method', handler) in RequestMethod)
      .map(({ name, handler }) => ({
        route: `${metatype?.name}.${name}`,
        access: reflector.getAllAndOverride(ACCESS, [handler, metatype as () => unknown]),
      }));
  });
}
