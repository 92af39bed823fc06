import { randomBytes } from 'node:crypto';
import { chmod, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Database } from '../../../src/database/database.js';
import { migratedDataDirectory } from '../../support/data-directory-template.js';
import { databases } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import { SecretiveSource } from '../../support/secretive-source.js';

/** Waits until what a test expects of the background is so. */
const holds = (expected: () => Promise<unknown>): Promise<true> =>
  eventually(expected.toString(), () =>
    expected().then(
      () => true as const,
      () => undefined,
    ),
  );
const PATH = '/v1/memory/connections';
const TOKEN = 'tok-first-0123456789';
const OTHER = 'tok-second-0123456789';

describe.each(databases())('credentials of connections ($name)', (engine) => {
  let app: TestApp;
  let source: SecretiveSource;
  beforeAll(async () => {
    source = new SecretiveSource();
    app = await startApp({ database: await engine.open(), connectors: source.registry });
  });
  afterAll(() => app.close());
  let account = 0;
  beforeEach(() => {
    source.accounts.clear();
    source.accounts.set(TOKEN, `account ${(account += 1)}`);
    source.accounts.set(OTHER, `account ${account}`);
    source.trouble = 'none';
    source.refreshed = null;
    source.during = () => Promise.resolve();
    source.used.length = 0;
  });

  const connect = (credentials: unknown = { token: TOKEN }) =>
    app.request('POST', PATH, { body: { provider: 'secretive', credentials, schedule: null } });
  const connected = async (): Promise<string> => (await connect()).body.id;
  const patch = (id: string, body: unknown) => app.request('PATCH', `${PATH}/${id}`, { body });
  const get = (id: string) => app.request('GET', `${PATH}/${id}`);
  const sync = async (id: string) =>
    (await app.request('POST', `${PATH}/${id}/sync`, { body: {} })).body.run;

  it('are stored with the connection and used by its runs and probes', async () => {
    const created = await connect();
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      has_credentials: true,
      credentials: { fields: ['token'], updated_at: expect.any(String) },
      config: {},
    });
    expect((await sync(created.body.id)).status).toBe('partial');
    expect(source.used).toEqual([TOKEN]);
    const probed = await app.request('POST', `${PATH}/${created.body.id}/probe`);
    expect(probed.body.checks).toContainEqual({
      name: 'token',
      outcome: 'passed',
      message: 'Works: [secret]',
    });
  });

  it.each([
    ['a missing field', {}, ['body', 'credentials', 'token'], 'missing'],
    [
      'an unknown field',
      { token: TOKEN, tokn: 'x' },
      ['body', 'credentials', 'tokn'],
      'extra_forbidden',
    ],
  ])('are refused with %s, and nothing is stored', async (_, credentials, loc, type) => {
    const refused = await connect(credentials);
    expect([refused.status, refused.body.code]).toEqual([422, 'validation_failed']);
    expect(refused.body.detail).toContainEqual(expect.objectContaining({ loc, type }));
    expect(refused.text).not.toContain(TOKEN);
  });

  it('do not belong into the configuration', async () => {
    const body = { provider: 'secretive', config: { token: TOKEN }, credentials: { token: TOKEN } };
    const refused = await app.request('POST', PATH, { body });
    expect([refused.status, refused.body.code]).toEqual([422, 'validation_failed']);
    expect(refused.text).not.toContain(TOKEN);
  });

  it('that the source refuses are answered with each of its checks', async () => {
    const refused = await connect({ token: 'tok-unknown-0123456789' });
    expect([refused.status, refused.body.code]).toEqual([422, 'probe_failed']);
    expect(refused.body.checks).toEqual([
      { name: 'reachable', outcome: 'passed', message: 'It answers.' },
      { name: 'token', outcome: 'failed', message: 'Refused: [secret]' },
    ]);
  });

  it('heal a connection that needs them, with its documents kept', async () => {
    const { body } = await app.request('POST', PATH, {
      body: {
        provider: 'secretive',
        credentials: { token: TOKEN },
        schedule: { every_minutes: 60 },
      },
    });
    await holds(async () => expect((await get(body.id)).body.last_run.status).toBe('partial'));
    source.accounts.delete(TOKEN);
    expect((await sync(body.id)).status).toBe('error');
    expect((await get(body.id)).body).toMatchObject({
      status: 'needs_auth',
      status_reason: '[secret] is revoked',
    });
    const healed = await patch(body.id, { credentials: { token: OTHER } });
    expect(healed.body).toMatchObject({ status: 'active', status_reason: null, document_count: 1 });
    await eventually('a run with the new token', () => source.used.find((one) => one === OTHER));
    expect((await get(body.id)).body).toMatchObject({ status: 'active', document_count: 1 });
  });

  it('leave a paused connection paused', async () => {
    const id = await connected();
    await app.request('POST', `${PATH}/${id}/pause`);
    expect((await patch(id, { credentials: { token: OTHER } })).body.status).toBe('paused');
  });

  it('of another account, or that do not work, change nothing', async () => {
    const id = await connected();
    source.accounts.set('tok-else-0123456789', 'somebody else');
    const other = await patch(id, { credentials: { token: 'tok-else-0123456789' } });
    expect([other.status, other.body.code]).toEqual([422, 'invalid_config']);
    const refused = await patch(id, { credentials: { token: 'tok-unknown-0123456789' } });
    expect([refused.status, refused.body.code]).toEqual([422, 'probe_failed']);
    await sync(id);
    expect(source.used).toEqual([TOKEN]);
  });

  it('stay when only the configuration changes', async () => {
    const id = await connected();
    expect((await patch(id, { config: { note: 'new' } })).body.config).toEqual({ note: 'new' });
    await sync(id);
    expect(source.used).toEqual([TOKEN]);
  });

  it('that a run refreshed are used by the next one', async () => {
    const id = await connected();
    source.refreshed = OTHER;
    await sync(id);
    source.refreshed = null;
    await sync(id);
    expect(source.used).toEqual([TOKEN, OTHER]);
  });

  it('that are changed during a run do not turn its refusal against the new ones', async () => {
    const id = await connected();
    source.during = async () => {
      source.during = () => Promise.resolve();
      source.accounts.set(OTHER, source.accounts.get(TOKEN)!);
      expect((await patch(id, { credentials: { token: OTHER } })).status).toBe(200);
      source.accounts.delete(TOKEN);
    };
    await app.request('POST', `${PATH}/${id}/sync?wait=false`, { body: {} });
    await holds(async () => {
      expect((await get(id)).body).toMatchObject({
        status: 'active',
        last_run: { status: 'partial' },
      });
    });
    expect(source.used).toEqual([TOKEN, OTHER]);
  });

  it('that were tampered with make the connection need new ones, and never break anything', async () => {
    const id = await connected();
    await app.nest
      .get(Database)
      .asSystem((tx) => tx.query(`update credentials set tag = iv where connection_id = $1`, [id]));
    const probe = await app.request('POST', `${PATH}/${id}/probe`);
    expect([probe.status, probe.body.code]).toEqual([409, 'credentials_unreadable']);
    const run = await sync(id);
    expect(run).toMatchObject({
      status: 'error',
      error_detail: { code: 'credentials_unreadable' },
    });
    expect((await get(id)).body).toMatchObject({
      status: 'needs_auth',
      status_reason: expect.stringContaining('"token"'),
    });
    expect((await patch(id, { credentials: { token: OTHER } })).body.status).toBe('active');
    expect((await sync(id)).status).toBe('partial');
  });

  it('go with their connection', async () => {
    const id = await connected();
    await app.request('DELETE', `${PATH}/${id}`);
    const left = await app.nest
      .get(Database)
      .asSystem((tx) => tx.query(`select 1 from credentials where connection_id = $1`, [id]));
    expect(left).toEqual([]);
  });
});

describe('the key ring of a server', () => {
  const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
  const body = { provider: 'secretive', credentials: { token: TOKEN }, schedule: null };
  const source = new SecretiveSource();
  source.accounts.set(TOKEN, 'account');
  const [embedded] = databases();
  const postgresql = databases({ pgvector: false }).find(({ name }) => name === 'postgresql');
  const onPostgresql = postgresql ? it : it.skip;

  onPostgresql('is asked for when it is missing (PostgreSQL)', async () => {
    const app = await startApp({
      database: await postgresql!.open(),
      connectors: source.registry,
      env: { TRIBUTARY_ENCRYPTION_KEYS: '' },
    });
    const refused = await app.request('POST', PATH, { body });
    expect([refused.status, refused.body.code]).toEqual([501, 'encryption_not_configured']);
    expect(refused.body.detail).toContain('TRIBUTARY_ENCRYPTION_KEYS');
    expect((await app.request('GET', PATH)).body).toEqual([]);
    const rotate = await app.request('POST', '/v1/memory/admin/encryption/rotate', {
      key: app.operatorKey,
    });
    expect([rotate.status, rotate.body.code]).toEqual([501, 'encryption_not_configured']);
    await app.close();
  });

  it('stops the start when it is malformed', async () => {
    const env = { TRIBUTARY_ENCRYPTION_KEYS: `${key('a')},${key('a')}` };
    await expect(startApp({ env })).rejects.toMatchObject({ code: 'encryption_keys_invalid' });
  });

  it('is rotated by the operator while it works, and the old key can then be taken out', async () => {
    const [old, fresh] = [key('old'), key('fresh')];
    const database = await embedded!.open();
    const start = (keys: string) =>
      startApp({
        database,
        connectors: source.registry,
        env: { TRIBUTARY_ENCRYPTION_KEYS: keys, TRIBUTARY_BOOTSTRAP_API_KEY: 'a'.repeat(20) },
      });
    const before = await start(old);
    const { id } = (await before.request('POST', PATH, { body })).body;
    await before.close();
    const during = await start(`${fresh},${old}`);
    const encryption = async (method: string, path = '') =>
      during.request(method, `/v1/memory/admin/encryption${path}`, { key: during.operatorKey });
    expect((await encryption('GET')).body).toMatchObject({ remaining: 2, complete: false });
    expect((await encryption('POST', '/rotate')).status).toBe(202);
    await holds(async () =>
      expect((await encryption('GET')).body).toMatchObject({
        complete: true,
        tenants_under_way: 0,
        last_error: null,
        keys: [{ id: 'fresh' }, { id: 'old', removable: true }],
      }),
    );
    await during.close();
    const after = await start(fresh);
    expect((await after.request('POST', `${PATH}/${id}/probe`)).status).toBe(200);
    await after.close();
  });
});

describe('the key file of embedded mode', () => {
  const source = new SecretiveSource();
  source.accounts.set(TOKEN, 'account');
  const body = { provider: 'secretive', credentials: { token: TOKEN }, schedule: null };

  it('is made with the first credential, gets a new key by rotation and must stay private', async () => {
    const dataDir = await migratedDataDirectory();
    const start = () =>
      startApp({
        connectors: source.registry,
        env: { TRIBUTARY_DATA_DIR: dataDir, TRIBUTARY_BOOTSTRAP_API_KEY: 'a'.repeat(20) },
      });
    const file = join(dataDir, 'encryption-keys');
    const app = await start();
    const rotate = () =>
      app.request('POST', '/v1/memory/admin/encryption/rotate', { key: app.operatorKey });
    const status = async () =>
      (await app.request('GET', '/v1/memory/admin/encryption', { key: app.operatorKey })).body;
    await rotate();
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    const { id } = (await app.request('POST', PATH, { body })).body;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const first = await readFile(file, 'utf8');
    await rotate();
    await holds(async () => expect((await status()).complete).toBe(true));
    expect((await readFile(file, 'utf8')).split('\n').slice(1).join('\n')).toBe(first);
    expect((await status()).keys).toMatchObject([{ active: true }, { removable: true }]);
    expect((await app.request('POST', `${PATH}/${id}/probe`)).status).toBe(200);
    await app.close();

    await chmod(file, 0o644);
    const exposed = await start();
    const probe = await exposed.request('POST', `${PATH}/${id}/probe`, { allow500: true });
    expect(probe.body.code).toBe('encryption_key_file_exposed');
    expect((await exposed.request('GET', PATH)).status).toBe(200);
    await exposed.close();
    await rm(dataDir, { recursive: true });
  });
});
