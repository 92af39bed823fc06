import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
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
import { schemaGaps } from '../../../src/database/schema-gaps.js';
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
const EVERY_LINK = `
  select format('%s drop constraint %I', conrelid::regclass, conname) as name from pg_constraint
  where contype = 'f' and connamespace = current_schema()::regnamespace
  union all
  select format('%1$s disable trigger all; drop trigger %2$I on %1$s', tgrelid::regclass, tgname)
  from pg_trigger where not tgisinternal`;
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

    async function expectRefused(at: string, table: string, way = 'empty database') {
      const refusal = refusalOf(table, way);
      await expect(job(at).run()).rejects.toMatchObject(refusal);
      await expect(openDatabase({ ...config(at), migrate: 'auto' })).rejects.toMatchObject(refusal);
      await expectToldOf(at, table, way);
    }

    const refusalOf = (table: string, way: string) => ({
      code: 'schema_incomplete',
      message: expect.stringMatching(new RegExp(`\\b${table}\\b.*${way}`)),
    });

    /** By whoever may change nothing. */
    async function expectToldOf(at: string, table: string, way: string): Promise<void> {
      const refusal = refusalOf(table, way);
      await expect(job(at).pending()).rejects.toMatchObject(refusal);
      const opening = openDatabase({ ...config(at), migrate: 'never' });
      await expect(opening).rejects.toMatchObject(refusal);
      expect(await diagnose(at)).toContainEqual({
        name: 'schema',
        state: 'fail',
        message: expect.stringContaining('schema_incomplete'),
      });
    }

    it('lacks any table, policy, foreign key or trigger of ours, and nothing else', async () => {
      await run(url, async (client) => {
        const applied = await names(client, 'select name from migrations');
        const whole = { missing: [], unguarded: [], unlinked: false, later: false };
        const without = async (change: string) => {
          await client.query(`begin; ${change}`);
          const found = await schemaGaps(client, applied);
          await client.query('rollback');
          return found;
        };
        expect(await without('create table spatial_ref_sys (srid int)')).toEqual(whole);
        const tables = await names(client, EVERY_TABLE);
        expect(tables.length).toBeGreaterThan(25);
        for (const table of tables) {
          const open = await without(`alter table ${table} disable row level security`);
          expect(open).toEqual({ ...whole, unguarded: [table] });
          const gone = await without(`alter table ${table} rename to another`);
          expect(gone).toMatchObject({ missing: [table], unguarded: [] });
        }
        const policies = await client.query<{ policy: string; name: string }>(EVERY_POLICY);
        expect(policies.rows).toHaveLength(qdrantUrl === undefined ? 33 : 32);
        for (const { policy, name } of policies.rows)
          expect(await without(`drop policy ${policy} on ${name}`)).toEqual({
            ...whole,
            unguarded: [name],
          });
        const links = await names(client, EVERY_LINK);
        expect(links.length).toBeGreaterThan(35);
        for (const link of links)
          expect(await without(`alter table ${link}`)).toEqual({ ...whole, unlinked: true });
      });
    });

    it('is refused by whoever migrates or starts, and a failure to doctor', async () => {
      await run(url, (client) => client.query('alter table edges rename to moved'));
      await expectRefused(url, 'edges');
    });

    it('gets its policies again by a migration where these alone are missing', async () => {
      const guards = (client: pg.Client) =>
        client.query(`select tablename, policyname, cmd, qual, with_check, c.relrowsecurity
          from pg_class c left join pg_policies p on p.tablename = c.relname
          where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
          order by c.relname, 2`);
      await run(url, async (client) => {
        const { rows: before } = await guards(client);
        const bare = async () => {
          for (const { policy, name } of (await client.query(EVERY_POLICY)).rows)
            await client.query(`drop policy ${policy} on ${name}`);
          for (const table of await names(client, EVERY_TABLE))
            await client.query(`alter table ${table} disable row level security`);
        };
        await bare();
        await expectToldOf(url, 'api_keys', '"tributary migrate"');
        const warnings: string[] = [];
        const onWarning = (message: string) => warnings.push(message);
        expect(await job(url).run({ onWarning })).toEqual([]);
        expect((await guards(client)).rows).toEqual(before);
        await bare();
        const opened = await openDatabase(config(url), { onWarning });
        await opened.database.close();
        expect(opened.database.rowLevelSecurity).toEqual({ state: 'on' });
        expect((await guards(client)).rows).toEqual(before);
        await client.query('drop policy tenant_select on audit_log');
        await job(url).run({ onWarning });
        expect((await guards(client)).rows).toEqual(before);
        expect(await job(url).run({ onWarning })).toEqual([]);
        expect(warnings).toEqual([
          expect.stringMatching(/: api_keys, audit_log, .*, term_stats(, vectors, words)?\.$/),
          expect.stringMatching(/: api_keys, audit_log, .*, term_stats(, vectors, words)?\.$/),
          expect.stringMatching(/: audit_log\.$/),
        ]);
      });
    });

    it('gets no policies from a login that may not make them', async () => {
      const role = `guest_${randomUUID().slice(0, 8)}`;
      const guest = new URL(url);
      guest.username = role;
      await run(url, async (client) => {
        await client.query(`drop policy tenant_all on memories`);
        await client.query(`create role ${role} login`);
        await client.query(`grant select, insert on all tables in schema public to ${role}`);
        try {
          await expect(job(guest.href).run()).rejects.toMatchObject(
            refusalOf('memories', 'as the owner of the tables'),
          );
        } finally {
          await client.query(`drop owned by ${role}`);
          await client.query(`drop role ${role}`);
        }
      });
    });

    it('gets no policies where foreign keys are missing too', async () => {
      await run(url, (client) =>
        client.query(`drop policy tenant_all on memories;
          alter table memories drop constraint memories_document_id_fkey`),
      );
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

    it('is judged by what this version knows of a database of a later one', async () => {
      await run(url, (client) =>
        client.query(`drop table run_skipped_partitions;
          insert into migrations (timestamp, name) values (9999999999999, 'Later9999999999999')`),
      );
      expect(await job(url).run()).toEqual([]);
      expect(await wall(url)).toEqual({ state: 'on' });
      await run(url, (client) => client.query('drop policy tenant_insert on audit_log'));
      expect(await wall(url)).toEqual({ state: 'on' });
      await run(url, (client) => client.query('drop policy tenant_all on memories'));
      await expectRefused(url, 'memories', 'of that version');
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
