import { FleetService } from '../../../src/admin/fleet.service.js';
import type { Database } from '../../../src/database/database.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { fillFleet } from './fleet.js';

const ROUTES = ['connector-health', 'connector-status', 'memory-health', 'overview', 'audit'];

describeOnEachDatabase('what an operator sees', (open) => {
  let app: TestApp;
  let database: Database;

  beforeAll(async () => {
    database = await open();
    app = await startApp({ database, env: { TRIBUTARY_ROLE: 'api' } });
  });
  afterAll(() => app.close());

  const get = async (path: string, key: string | null = app.operatorKey) => {
    const answer = await app.request('GET', `/v1/memory/admin/${path}`, { key });
    return { status: answer.status, body: answer.body, headers: answer.headers };
  };
  const sql = (text: string, values: unknown[] = []) =>
    database.asSystem((tx) => tx.query(text, values));

  it('is a fleet of nothing at first, in every view', async () => {
    expect((await get('connector-health')).body).toEqual([]);
    expect((await get('connector-status')).body).toEqual([]);
    expect((await get('memory-health')).body).toEqual({
      total: 0,
      current: 0,
      archived: 0,
      stale: 0,
      expired: 0,
      supersessions: 0,
      needs_attention: 0,
      estimated: false,
    });
    expect((await get('overview')).body).toEqual({
      version: expect.any(String),
      database: database.mode,
      index: 'pgvector',
      tenants: 1,
      connections: [],
      runs: { queued: 0, running: 0, waiting: 0, oldest_queued_seconds: null, failed_24h: 0 },
      attention: { total: 0, connections: [] },
      outbox: { pending: 0, oldest_seconds: null, error: null },
      index_health: { reachable: true, error: null, since: null },
      documents: { total: 0, estimated: false },
      memories: { total: 0, estimated: false },
      generated_at: expect.any(String),
    });
  });

  it.each(ROUTES)('keeps %s from keys of tenants and from nobody in particular', async (route) => {
    const refused = await get(route, app.apiKey);
    expect([refused.status, refused.body.code]).toEqual([403, 'operator_only']);
    expect((await get(route, null)).status).toBe(401);
  });

  describe('of a fleet', () => {
    beforeAll(() => fillFleet(database));

    it('counts runs and errors by provider within the hours, idle providers included', async () => {
      const day = await get('connector-health');
      expect(day.body).toEqual([
        { provider: 'files', runs: 0, errors: 0, last_run: null },
        { provider: 'slack', runs: 3, errors: 2, last_run: expect.any(String) },
      ]);
      const week = await get('connector-health?hours=168');
      expect(week.body).toMatchObject([
        { provider: 'files', runs: 1, errors: 0, last_run: expect.any(String) },
        { provider: 'slack', runs: 3, errors: 2 },
      ]);
      expect((await get('connector-health?hours=0')).status).toBe(422);
    });

    it('counts connections by status', async () => {
      expect((await get('connector-status')).body).toEqual([
        { status: 'active', n: 2 },
        { status: 'error', n: 1 },
        { status: 'needs_auth', n: 1 },
        { status: 'paused', n: 2 },
      ]);
    });

    it('adds the health of all memories up as a collection does for its own', async () => {
      const { body } = await get('memory-health');
      expect(body).toEqual({
        total: 9,
        current: 6,
        archived: 1,
        stale: 2,
        expired: 1,
        supersessions: 1,
        needs_attention: 3,
        estimated: false,
      });
      expect((await get('memory-health?stale_days=36500')).body).toMatchObject({ stale: 0 });
    });

    it('shows on one page what runs, what waits and what needs somebody', async () => {
      const { body } = await get('overview');
      expect(body).toMatchObject({
        tenants: 2,
        runs: { queued: 1, running: 1, waiting: 1, failed_24h: 2 },
        outbox: { pending: 2, error: 'No space left on device' },
        documents: { total: 2, estimated: false },
        memories: { total: 7, estimated: false },
      });
      expect(body.runs.oldest_queued_seconds).toBeGreaterThan(110);
      expect(body.outbox.oldest_seconds).toBeGreaterThan(290);
      expect(body.connections).toContainEqual({ provider: 'slack', status: 'active', n: 1 });
    });

    it('lists the worst connections first, with a code and without a secret', async () => {
      const { attention } = (await get('overview')).body;
      const shown = attention.connections.map(
        (one: { status: string; last_error: string | null; held_deletions: boolean }) => [
          one.status,
          one.last_error,
          one.held_deletions,
        ],
      );
      expect(shown).toEqual([
        ['needs_auth', 'auth_failed', false],
        ['error', 'source_broken', false],
        ['paused', null, false],
        ['active', null, true],
      ]);
      expect(attention.total).toBe(4);
      const text = JSON.stringify(attention);
      expect(text).not.toContain('xoxb-');
      expect(text).toContain('[secret]');
      const one = (await get('overview?limit=1')).body.attention;
      expect([one.total, one.connections.length]).toEqual([4, 1]);
    });

    it('reads a part of a large table, and says so', async () => {
      await sql(
        `insert into memories (id, tenant_id, collection_id, text, text_hash)
         select gen_random_uuid(), c.tenant_id, c.id, repeat('word ', 20), n::text
         from collections c, generate_series(1, 5000) n where c.name = 'notes'`,
      );
      const fleet = app.nest.get(FleetService);
      const whole = (await fleet.look({ pages: 10_000 })).memories;
      expect(whole).toEqual({ total: 5007, estimated: false });
      const part = (await fleet.look({ pages: 50 })).memories;
      expect(part.estimated).toBe(true);
      expect(part.total).toBeGreaterThan(2500);
      expect(part.total).toBeLessThan(10_000);
    });
  });
});
