import { chmod, cp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { nodeFileSystem } from '../../../connectors/files/file-system.js';
import { filesConnector } from '../../../connectors/files/files.connector.js';
import { registryOf } from '../../../connectors/registry.js';
import { SCOPES } from '../../../src/common/http/api-request.js';
import { Secret } from '../../../src/common/secret.js';
import type { SearchHit } from '../../../src/search/search.schema.js';
import { openDatabase } from '../../../src/database/open-database.js';
import {
  emptyDataDirectory,
  migratedDataDirectory,
} from '../../support/data-directory-template.js';
import { eventually } from '../../support/eventually.js';
import { startApp, type TestApp } from '../../support/http-app.js';
import type { Answer } from '../../support/http-request.js';
import { SecretiveSource } from '../../support/secretive-source.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';
import { CliProcess, runCli, type Finished } from './cli-process.js';
import { sampleFolder } from './sample-folder.js';

/** The guide's line; a test has a database and a data directory of its own. */
const LINE =
  'tributary migrate-to postgres://tributary:password@db.internal/tributary --data-dir .tributary';
const API_KEY = 'mv_moving_0123456789abcdef';
const TOKEN = 'tok-0123456789';
const NOTED = `select tenant_id, actor, target, details from audit_log
  where action = 'database.moved'`;
const QUERIES = ['watering tomatoes', 'rye starter', 'jasmine tea', 'lemon'];

/** A data directory with rows of every kind; each test has a copy. */
interface Filled {
  dataDir: string;
  files: string;
  secret: string;
  results: unknown[];
  /** Made by the API, so that no start of the target could make them again. */
  keys: { used: string; revoked: string };
}

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`tributary migrate-to${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const secretive = new SecretiveSource();
  secretive.accounts.set(TOKEN, 'account');
  let url: string;
  let dataDir: string;
  let root: string;
  let filled: Filled;
  let key = API_KEY;
  const running = new Set<TestApp>();

  beforeAll(async () => {
    dataDir = await migratedDataDirectory();
    root = await sampleFolder();
    filled = await fill();
  });
  afterAll(async () => {
    for (const folder of [filled.dataDir, root]) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    url = await createTestDatabase();
    dataDir = await emptyDataDirectory();
    await cp(filled.dataDir, dataDir, { recursive: true });
  });
  afterEach(async () => {
    for (const app of running) await stop(app);
    await dropTestDatabase(url);
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (env: Record<string, string>): Promise<TestApp> => {
    const app = await startApp({
      connectors: registryOf([
        filesConnector({ roots: [root], fileSystem: nodeFileSystem }),
        secretive.connector,
      ]),
      env: {
        TRIBUTARY_DATA_DIR: dataDir,
        TRIBUTARY_FILES_ROOTS: root,
        ...env,
      },
    });
    running.add(app);
    return app;
  };
  const stop = async (app: TestApp): Promise<void> => {
    running.delete(app);
    await app.close();
  };
  const onTarget = async (): Promise<TestApp> =>
    start({ DATABASE_URL: url, TRIBUTARY_ENCRYPTION_KEYS: await keyFile() });
  const keyFile = (): Promise<string> => readFile(join(dataDir, 'encryption-keys'), 'utf8');
  const move = (...more: string[]): Promise<Finished> =>
    runCli([...argumentsOf(LINE, url, dataDir), ...more]);

  async function ok(
    app: TestApp,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer['body']> {
    const answer = await app.request(method, `/v1/memory${path}`, { key, body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
    return answer.body;
  }

  /** Ids, scores and order of what searches find. */
  async function found(app: TestApp): Promise<[id: string, score: number, text: string][][]> {
    const all: [string, number, string][][] = [];
    for (const collection of ['people', 'notes'])
      for (const query of QUERIES) {
        const path = `/collections/${collection}/search`;
        const hits: SearchHit[] = await ok(app, 'POST', path, { query });
        all.push(hits.map(({ id, score, text }) => [id, score, text]));
      }
    return all;
  }

  /** A data directory with memories, a synced folder and a connection with credentials. */
  async function fill(): Promise<Filled> {
    const app = await start({ TRIBUTARY_BOOTSTRAP_API_KEY: API_KEY });
    const keys = {
      used: (await app.newKey({ name: 'used', scopes: SCOPES })).apiKey,
      revoked: await revokedKey(app),
    };
    key = keys.used;
    await ok(app, 'POST', '/collections/people/memories', { text: 'Alex prefers jasmine tea' });
    const connection = (provider: string, more: object): Promise<Answer['body']> =>
      ok(app, 'POST', '/connections', { provider, schedule: null, ...more });
    const files = await connection('files', { config: { path: root }, collection: 'notes' });
    await ok(app, 'POST', `/connections/${files.id}/sync`, {});
    const secret = await connection('secretive', { credentials: { token: TOKEN } });
    // Another build of PostgreSQL adds up in another order, which the last digit may show.
    const results = (await found(app)).map((hits) =>
      hits.map(([id, score, text]) => [id, expect.closeTo(score, 4) as number, text]),
    );
    await stop(app);
    return { dataDir, files: files.id, secret: secret.id, results, keys };
  }

  async function revokedKey(app: TestApp): Promise<string> {
    const { id, apiKey } = await app.newKey({ name: 'revoked' });
    await ok(app, 'DELETE', `/api-keys/${id}`);
    return apiKey;
  }

  async function onSource(sql: string): Promise<unknown> {
    const { database } = await openDatabase({ dataDir, databasePoolSize: 1 });
    const answer: unknown = await database.asSystem((tx) => tx.query(sql));
    await database.close();
    return answer;
  }

  async function query<T extends object>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /**
   * Copies until it is killed: the tables up to that of memories at the most, so that it cannot end
   * before.
   */
  async function copying(): Promise<{ kill: () => Promise<void> }> {
    const target = { dataDir: '', databaseUrl: new Secret(url), databasePoolSize: 1 };
    await (await openDatabase(target)).database.close();
    const holding = new pg.Client({ connectionString: url });
    await holding.connect();
    await holding.query('begin; lock table memories in share mode');
    const copy = new CliProcess(['migrate-to', url], { env: { TRIBUTARY_DATA_DIR: dataDir } });
    return {
      async kill() {
        copy.kill('SIGKILL');
        await copy.end();
        await holding.end();
      },
    };
  }

  it('brings everything, and goes on as if nothing had happened', async () => {
    const { files, secret, results, keys } = filled;
    // As a kill leaves it, so that the server has to take it up.
    await onSource(`
      update runs set state = 'running', lease_token = id, lease_until = now(),
        lease_owner = 'gone', finished_at = null where connection_id = '${files}'`);
    const before = await keyFile();

    const moved = await move('--json');
    expect([moved.exit, moved.stderr]).toEqual([0, '']);
    const answer = JSON.parse(moved.stdout);
    expect(answer).toMatchObject({
      resumed: false,
      credentials: 1,
      encryption_keys: {
        ids: [before.split(':')[0]],
        setting: `TRIBUTARY_ENCRYPTION_KEYS="$(paste -sd, '${join(dataDir, 'encryption-keys')}')"`,
      },
      tables: { tenants: 1, connections: 2, credentials: 1 },
    });
    expect(answer.tables.memories).toBeGreaterThan(4);
    expect(moved.stdout).not.toContain(before.trim().split(':')[1]);

    const app = await onTarget();
    const asked = async (key: string) =>
      (await app.request('GET', '/v1/memory/collections', { key })).status;
    expect([await asked(keys.used), await asked(API_KEY)]).toEqual([200, 200]);
    expect(await asked(keys.revoked)).toBe(401);
    expect(await found(app)).toEqual(results);
    expect((await ok(app, 'POST', `/connections/${secret}/probe`)).checks[1].outcome).toBe(
      'passed',
    );
    const taken = await eventually('the run of the dead worker to end', async () => {
      const [run] = await ok(app, 'GET', `/connections/${files}/runs`);
      return run.status === 'success' ? run : undefined;
    });
    const { attempts } = await ok(app, 'GET', `/runs/${taken.id}`);
    expect(attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'interrupted',
      'success',
    ]);
    const { run } = await ok(app, 'POST', `/connections/${files}/sync`, {});
    expect(run).toMatchObject({ status: 'success', synced_count: 0 });
    expect(run.counts).toMatchObject({ unchanged: 4, fetched: 0, embedded: 0 });
    await ok(app, 'POST', '/collections/people/memories', { text: 'Alex moved house' });
    await stop(app);
    expect(await query(`select to_regclass('transfer_progress') as marker`)).toEqual([
      { marker: null },
    ]);
    const entry = {
      tenant_id: null,
      actor: 'operator',
      target: answer.target,
      details: { from: dataDir, rows: answer.rows },
    };
    expect(await query(NOTED)).toEqual([entry]);
    expect(await onSource(NOTED)).toEqual([entry]);

    const again = await move();
    expect(again.exit).toBe(5);
    expect(again.stderr).toContain('(target_not_empty)');
    const still = await start({});
    expect(await found(still)).toEqual(results);
    await stop(still);
  });

  it('goes on after a kill, and a server refuses to start on half of the rows', async () => {
    const { results } = filled;
    await onSource(`
      insert into audit_log (id, actor, action, details)
      select gen_random_uuid(), 'test', 'test', jsonb_build_object('text', repeat('x', 2000))
      from generate_series(1, 30000)`);
    const copy = await copying();
    const copied = async (): Promise<number> => {
      const rows = await query<{ rows: number }>(
        `select rows::int from transfer_progress where name = 'audit_log'`,
      ).catch(() => []);
      return rows[0]?.rows ?? 0;
    };
    await eventually('some rows to be copied', async () => (await copied()) > 0 || undefined);
    await copy.kill();
    expect(await copied()).toBeGreaterThan(0);
    await expect(onTarget()).rejects.toMatchObject({ code: 'configuration_invalid' });
    const doctor = await runCli(['doctor', '--json'], { env: { DATABASE_URL: url } });
    expect(JSON.parse(doctor.stdout).checks).toContainEqual(
      expect.objectContaining({ name: 'transfer', state: 'fail' }),
    );

    const moved = await move('--json');
    expect([moved.exit, moved.stderr]).toEqual([0, '']);
    expect(JSON.parse(moved.stdout)).toMatchObject({ resumed: true });
    const app = await onTarget();
    expect(await found(app)).toEqual(results);
    await stop(app);
  });

  it('notices that rows changed between two tries, and begins anew when told to', async () => {
    await query('create table tenants_stay_away (id int)');
    const strange = await move();
    expect([strange.exit, strange.stderr]).toEqual([5, expect.stringContaining('schemas_differ')]);
    await query('drop table tenants_stay_away');

    const copy = await copying();
    await eventually('tenants to be copied', async () => {
      const rows = await query(
        `select from transfer_progress where name = 'tenants' and complete`,
      ).catch(() => []);
      return rows.length > 0 || undefined;
    });
    await copy.kill();
    await onSource(`update tenants set name = 'renamed'`);
    const changed = await move();
    expect(changed.exit).toBe(5);
    expect(changed.stderr).toContain('tenants differs');
    const anew = await move('--restart', '--json');
    expect(anew.exit).toBe(0);
    expect(JSON.parse(anew.stdout)).toMatchObject({ resumed: false });
    expect(await query('select name from tenants')).toEqual([{ name: 'renamed' }]);
  });

  it('refuses a directory that a server runs on, one without a database, and a wrong URL', async () => {
    const app = await start({});
    const inUse = await move();
    expect([inUse.exit, inUse.stderr]).toEqual([
      6,
      expect.stringContaining('(data_directory_in_use)'),
    ]);
    await stop(app);
    const none = await move('--data-dir', join(root, 'none'));
    expect([none.exit, none.stderr]).toEqual([
      4,
      expect.stringContaining('(data_directory_empty)'),
    ]);
    const wrong = await runCli(['migrate-to', 'mysql://x/y'], {
      env: { TRIBUTARY_DATA_DIR: dataDir },
    });
    expect(wrong.exit).toBe(2);
  });

  it('is not undone by a data directory that takes no entry of it', async () => {
    await onSource(`
      create function refuse() returns trigger language plpgsql as
        $$ begin raise exception 'out of paper'; end $$;
      create trigger refuse before insert on audit_log for each row
        when (new.action = 'database.moved') execute function refuse()`);
    const moved = await move();
    expect(moved.exit).toBe(0);
    expect(moved.stdout).toContain('all compared');
    expect(moved.stderr).toContain('warning: ');
    expect(moved.stderr).toContain('out of paper');
    expect(await query(NOTED)).toHaveLength(1);
    expect(await onSource(NOTED)).toEqual([]);
    const app = await onTarget();
    expect(await found(app)).toEqual(filled.results);
    await stop(app);
  });

  it('does not talk of giving up what a target in use has in Qdrant', async () => {
    await query('create table point_vectors (memory_id int)');
    await query('insert into point_vectors values (1)');
    const refused = await move();
    expect(refused.exit).toBe(5);
    expect(refused.stderr).toContain('vectors in Qdrant (target_not_empty)');
    expect(refused.stderr).not.toContain('--move-vectors');
  });

  it('begins nothing while the key ring does not open every credential', async () => {
    const file = join(dataDir, 'encryption-keys');
    await rename(file, `${file}.away`);
    const without = await move();
    expect([without.exit, without.stderr]).toEqual([
      5,
      expect.stringContaining('(credentials_unreadable)'),
    ]);
    const id = (await readFile(`${file}.away`, 'utf8')).split(':')[0]!;
    await writeFile(file, `${id}:${Buffer.alloc(32).toString('base64')}\n`);
    await chmod(file, 0o600);
    expect((await move()).exit).toBe(5);
    expect(await query('select from tenants')).toEqual([]);
    await rename(`${file}.away`, file);
    expect((await move()).exit).toBe(0);
  });
});

function argumentsOf(line: string, url: string, dataDir: string): string[] {
  const [, command = '', , option = ''] = line.split(' ');
  return [command, url, option, dataDir];
}
