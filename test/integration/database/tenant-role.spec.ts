import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { Secret } from '../../../src/common/secret.js';
import type { Database } from '../../../src/database/database.js';
import { openDatabase } from '../../../src/database/open-database.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';

const TENANT = '00000000-0000-4000-8000-000000000001';

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`the role of tenants' transactions${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let admin: string;
  const opened: Database[] = [];
  const logins: string[] = [];

  beforeEach(async () => {
    admin = await createTestDatabase();
    await asAdmin('create extension vector');
  });

  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
    for (const name of logins.splice(0))
      await asAdmin(
        `reassign owned by ${name} to current_user`,
        `drop owned by ${name}`,
        `drop role ${name}`,
      );
    await dropTestDatabase(admin);
  });

  async function asAdmin(...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: admin });
    await client.connect();
    try {
      for (const sql of statements) await client.query(sql);
    } finally {
      await client.end();
    }
  }

  /** A login that is no superuser, as managed servers give it. */
  async function login(attributes = ''): Promise<string> {
    const name = `login_${randomUUID().replaceAll('-', '')}`;
    await asAdmin(`create role ${name} login ${attributes}`);
    logins.push(name);
    return name;
  }

  async function owned(attributes = ''): Promise<string> {
    const name = await login(attributes);
    await asAdmin(`alter database ${new URL(admin).pathname.slice(1)} owner to ${name}`);
    return name;
  }

  async function open(name: string): Promise<Database> {
    const url = new URL(admin);
    url.username = name;
    const config = { dataDir: '', databaseUrl: new Secret(url.href), databasePoolSize: 2 };
    const { database } = await openDatabase(config);
    opened.push(database);
    return database;
  }

  async function seen(database: Database): Promise<{ own: number; all: number }> {
    await database.asSystem((tx) =>
      tx.query(`insert into tenants (id, name) values ($1, 'a'), ($2, 'b')`, [
        TENANT,
        randomUUID(),
      ]),
    );
    const count = (rows: unknown[]): number => rows.length;
    return {
      own: await database.inTenant(TENANT, (tx) =>
        tx.query<unknown[]>('select from tenants').then(count),
      ),
      all: await database.asSystem((tx) => tx.query<unknown[]>('select from tenants').then(count)),
    };
  }

  it('is made by a login that may create roles, and binds it', async () => {
    const name = await owned('createrole');
    // Another database of this server may have made it already; its maker alone may pass it on.
    await asAdmin(
      `do $$ begin create role tributary_app nologin;
         exception when duplicate_object or unique_violation then null; end $$`,
      `grant tributary_app to ${name} with admin option`,
    );
    const database = await open(name);
    expect(database.rowLevelSecurity).toEqual({ state: 'on' });
    expect(await seen(database)).toEqual({ own: 1, all: 2 });
  });

  it('is missing to a login without that right, which works and says what to do', async () => {
    const name = await owned();
    const database = await open(name);
    expect(database.rowLevelSecurity).toEqual({
      state: 'off',
      reason: expect.stringContaining(`GRANT tributary_app TO ${name};`),
    });
    expect(await seen(database)).toEqual({ own: 2, all: 2 });
    await asAdmin(`grant tributary_app to ${name}`);
    const again = await open(name);
    expect(again.rowLevelSecurity).toEqual({ state: 'on' });
  });

  it('is not reached by a login that may not make the extension, which is told what to do', async () => {
    await asAdmin('drop extension vector');
    const name = await owned();
    await expect(open(name)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining('CREATE EXTENSION vector;'),
    });
    await asAdmin('create extension vector');
    await expect(open(name)).resolves.toBeDefined();
  });

  it('serves logins beside the owner, once they are members of it', async () => {
    const owner = await owned();
    const other = await login();
    await asAdmin(`grant tributary_app to ${owner}, ${other}`);
    await open(owner);
    await asAdmin(`grant select on migrations to ${other}`);
    await expect(open(other)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining(`GRANT ${owner} TO ${other};`),
    });
    await asAdmin(`grant ${owner} to ${other}`);
    const database = await open(other);
    expect(database.rowLevelSecurity).toEqual({ state: 'on' });
    expect(await seen(database)).toEqual({ own: 1, all: 2 });
  });
});
