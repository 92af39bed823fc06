import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Database } from './database.js';
import {
  openForTenant,
  prepareTenantRole,
  readRowLevelSecurity,
  type RowLevelSecurity,
} from './row-level-security.js';

const TENANT = '00000000-0000-4000-8000-000000000001';
const ON: RowLevelSecurity = { state: 'on' };

type Done = (error: Error | null, ...rest: unknown[]) => void;

/** Stands for `pg`: counts the messages of its one connection. */
function countingDriver(): { messages: string[]; Pool: new () => object } {
  const messages: string[] = [];
  const client = {
    on: () => undefined,
    removeListener: () => undefined,
    query: (sql: string) => {
      messages.push(sql);
      if (sql === 'fail') return Promise.reject(new Error('of the work'));
      const row = { version: 'PostgreSQL 18.0', server_version: '18.0' };
      return Promise.resolve({ rows: [row], rowCount: 1, command: sql });
    },
  };
  class Pool {
    on(): void {
      return undefined;
    }

    connect(done: Done): void {
      done(null, client, () => undefined);
    }

    end(done: Done): void {
      done(null);
    }
  }
  return { messages, Pool };
}

async function open(
  rowLevelSecurity: RowLevelSecurity,
): Promise<{ database: Database; messages: string[] }> {
  const driver = countingDriver();
  const dataSource = new DataSource({ type: 'postgres', driver, installExtensions: false });
  await dataSource.initialize();
  driver.messages.length = 0;
  const database = new Database({ mode: 'server', dataSource, connections: 1, rowLevelSecurity });
  return { database, messages: driver.messages };
}

describe('a transaction of a tenant', () => {
  it('takes as many round trips with row level security as without', async () => {
    const walled = await open(ON);
    const plain = await open({ state: 'off', reason: 'none' });
    for (const { database } of [walled, plain])
      await database.inTenant(TENANT, (tx) => tx.query('select 1'));
    expect(plain.messages).toEqual(['START TRANSACTION', 'select 1', 'COMMIT']);
    expect(walled.messages).toEqual([openForTenant(TENANT), 'select 1', 'COMMIT']);
  });

  it('is one to TypeORM too, which nests and rolls back as ever', async () => {
    const { database, messages } = await open(ON);
    await database.inTenant(TENANT, (tx) => tx.transaction((inner) => inner.query('select 1')));
    expect(messages.splice(0)).toEqual([
      openForTenant(TENANT),
      'SAVEPOINT typeorm_1',
      'select 1',
      'RELEASE SAVEPOINT typeorm_1',
      'COMMIT',
    ]);
    const failing = database.inTenant(TENANT, (tx) => tx.query('fail'));
    await expect(failing).rejects.toThrow('of the work');
    expect(messages).toEqual([openForTenant(TENANT), 'fail', 'ROLLBACK']);
  });

  it('is opened for the system without a role', async () => {
    const { database, messages } = await open(ON);
    await database.asSystem((tx) => tx.query('select 1'));
    expect(messages[0]).toBe('START TRANSACTION');
  });

  it('takes no text but an id as its tenant, for it becomes a part of the statement', async () => {
    const { database, messages } = await open(ON);
    for (const tenant of [`x', true); drop table memories; --`, 'default', `${TENANT}'`])
      await expect(database.inTenant(tenant, () => Promise.resolve())).rejects.toThrow('the id of');
    expect(messages).toEqual([]);
  });
});

const FACTS = {
  login: 'app',
  schema: 'public',
  role: true,
  member: true,
  ungranted: [] as string[],
  hidden: [] as string[],
};

/** A server of these facts, whose login may change nothing. */
function server(facts: Partial<typeof FACTS>): { client: ClientBase; changes: string[] } {
  const changes: string[] = [];
  const query = (sql: string): Promise<unknown> => {
    if (/^\s*with/.test(sql)) return Promise.resolve({ rows: [{ ...FACTS, ...facts }] });
    changes.push(sql);
    return Promise.reject(Object.assign(new Error('denied'), { code: '42501' }));
  };
  return { client: { query } as unknown as ClientBase, changes };
}

describe('row level security', () => {
  it.each([
    [{ role: false, member: false }, 'CREATE ROLE tributary_app NOLOGIN; GRANT tributary_app TO'],
    [{ member: false }, 'GRANT tributary_app TO app;'],
    [{ ungranted: ['memories'] }, 'no rights on memories'],
  ])('is off where the server lacks something, and says what to do: %j', async (facts, reason) => {
    const { client } = server(facts);
    await expect(prepareTenantRole(client)).resolves.toBeUndefined();
    expect(await readRowLevelSecurity(client)).toEqual({
      state: 'off',
      reason: expect.stringContaining(reason),
    });
  });

  it('is on, and nothing is changed, where nothing is missing', async () => {
    const { client, changes } = server({});
    await prepareTenantRole(client);
    expect(changes).toEqual([]);
    expect(await readRowLevelSecurity(client)).toEqual({ state: 'on' });
  });

  it('refuses a login from which policies would hide the rows', async () => {
    await expect(readRowLevelSecurity(server({ hidden: ['owner'] }).client)).rejects.toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringContaining('GRANT owner TO app;'),
    });
  });
});
