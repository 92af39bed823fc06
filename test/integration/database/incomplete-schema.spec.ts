import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { checkPostgresql } from '../../../src/cli/doctor/postgresql-checks.js';
import { Secret } from '../../../src/common/secret.js';
import type { Config } from '../../../src/config/config.js';
import { MigrationJob } from '../../../src/database/migration-job.js';
import { openDatabase, type DatabaseConfig } from '../../../src/database/open-database.js';
import { unguardedTables } from '../../../src/database/row-level-security.js';
import { insertEverywhere, catalog } from '../../support/every-table.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';

/** Nothing connects to it; it keeps vectors out of PostgreSQL. */
const QDRANT = 'http://127.0.0.1:6333';
const EVERY_TABLE = `select relname as name from pg_class where relkind in ('r', 'p')
  and relnamespace = current_schema()::regnamespace and relname <> 'migrations' order by 1`;
const EVERY_POLICY = `select policyname as policy, tablename as name from pg_policies
  where schemaname = current_schema() order by 2, 1`;

const tools = [process.env['TRIBUTARY_TEST_PG_BIN'], process.env['PATH']]
  .filter((part) => part !== undefined)
  .join(delimiter);
const dumps = spawnSync('pg_dump', ['--version'], { env: { PATH: tools } }).status === 0;
const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;
const cases = [
  ['in PostgreSQL', undefined],
  ['in Qdrant', QDRANT],
] as const;

onServer(`a schema that is not whole${missing ? ` (skipped: ${missing})` : ''}`, () => {
  describe.each(cases)('with vectors %s', (_, qdrantUrl) => {
    const opened: string[] = [];
    let url: string;

    beforeEach(async () => {
      url = await emptyDatabase();
      await job(url).run();
    });
    afterEach(async () => {
      for (const one of opened.splice(0)) await dropTestDatabase(one);
    });

    async function emptyDatabase(): Promise<string> {
      const one = await createTestDatabase();
      opened.push(one);
      return one;
    }

    const job = (at: string): MigrationJob => new MigrationJob(new Secret(at), { qdrantUrl });
    const config = (at: string): DatabaseConfig => ({
      dataDir: '',
      databaseUrl: new Secret(at),
      databasePoolSize: 2,
      qdrantUrl,
    });

    async function run<T>(at: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
      const client = new pg.Client({ connectionString: at });
      await client.connect();
      try {
        return await work(client);
      } finally {
        await client.end();
      }
    }

    async function names(client: pg.Client, sql: string): Promise<string[]> {
      const { rows } = await client.query<{ name: string }>(sql);
      return rows.map(({ name }) => name);
    }

    async function wall(at: string) {
      const { database } = await openDatabase(config(at));
      await database.close();
      return database.rowLevelSecurity;
    }

    async function diagnose(at: string) {
      const settings = { encryption: { keys: [] } } as unknown as Config;
      const vectors = qdrantUrl === undefined ? 'postgresql' : 'qdrant';
      return checkPostgresql(new Secret(at), vectors, settings);
    }

    async function expectRefused(at: string, table: string): Promise<void> {
      const refusal = {
        code: 'schema_incomplete',
        message: expect.stringMatching(new RegExp(`\\b${table}\\b.*empty database`)),
      };
      await expect(job(at).run()).rejects.toMatchObject(refusal);
      await expect(job(at).pending()).rejects.toMatchObject(refusal);
      for (const migrate of ['auto', 'never'] as const)
        await expect(openDatabase({ ...config(at), migrate })).rejects.toMatchObject(refusal);
      expect(await diagnose(at)).toContainEqual({
        name: 'schema',
        state: 'fail',
        message: expect.stringContaining('schema_incomplete'),
      });
    }

    it('lacks any table or policy of ours, and nothing else', async () => {
      await run(url, async (client) => {
        const applied = await names(client, 'select name from migrations');
        const without = async (change: string): Promise<string[]> => {
          await client.query(`begin; ${change}`);
          const found = await unguardedTables(client, applied);
          await client.query('rollback');
          return found;
        };
        expect(await without('create table spatial_ref_sys (srid int)')).toEqual([]);
        const tables = await names(client, EVERY_TABLE);
        expect(tables.length).toBeGreaterThan(25);
        for (const table of tables) {
          expect(await without(`alter table ${table} disable row level security`)).toEqual([table]);
          expect(await without(`alter table ${table} rename to another`)).toEqual([table]);
        }
        const { rows } = await client.query<{ policy: string; name: string }>(EVERY_POLICY);
        expect(rows).toHaveLength(qdrantUrl === undefined ? 33 : 32);
        for (const { policy, name } of rows)
          expect(await without(`drop policy ${policy} on ${name}`)).toEqual([name]);
      });
    });

    it('is refused by whoever migrates or starts, and a failure to doctor', async () => {
      await run(url, (client) => client.query('drop policy tenant_all on memories'));
      await expectRefused(url, 'memories');
    });

    it('is no matter of tables of others', async () => {
      await run(url, (client) =>
        client.query(`create table spatial_ref_sys (srid int);
          create table scratch (id int);
          alter table scratch enable row level security;
          create policy nobody on scratch using (false)`),
      );
      expect(await wall(url)).toEqual({ state: 'on' });
      expect(await job(url).run()).toEqual([]);
      expect(await job(url).pending()).toEqual([]);
      await run(url, async (client) => {
        const { rows } = await client.query(
          `select has_table_privilege('tributary_app', 'scratch', 'select') as granted`,
        );
        expect(rows).toEqual([{ granted: false }]);
      });
    });

    it('is nothing that this version judges of a database of a later one', async () => {
      await run(url, (client) =>
        client.query(`drop policy tenant_all on memories;
          insert into migrations (timestamp, name) values (9999999999999, 'Later9999999999999')`),
      );
      expect(await job(url).run()).toEqual([]);
      expect(await wall(url)).toEqual({ state: 'on' });
    });

    (dumps ? it : it.skip)('is what a restore leaves that failed', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tributary-dump-'));
      const at = join(folder, 'dump');
      const tool = (name: string, ...args: string[]) =>
        promisify(execFile)(name, args, { env: { PATH: tools } });
      try {
        const { database } = await openDatabase(config(url));
        const tables = (await database.asSystem(catalog)).filter(({ name }) => name !== 'outbox');
        await database.asSystem((tx) => insertEverywhere(tx, tables));
        await database.asSystem(async (tx) => {
          await tx.query('set local session_replication_role = replica');
          await tx.query('delete from memories');
        });
        await database.close();
        await tool('pg_dump', '--format=custom', '--no-owner', '--no-acl', `--file=${at}`, url);
        const second = await emptyDatabase();
        const restoring = tool('pg_restore', '--exit-on-error', `--dbname=${second}`, at);
        await expect(restoring).rejects.toThrow('foreign key');
        await expectRefused(second, 'api_keys');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
});
