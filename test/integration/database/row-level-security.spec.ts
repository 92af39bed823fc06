import type { Database } from '../../../src/database/database.js';
import { Secret } from '../../../src/common/secret.js';
import { openDatabase } from '../../../src/database/open-database.js';
import {
  catalog,
  insertEverywhere,
  insertRow,
  type CatalogTable,
  type RowsByTable,
} from '../../support/every-table.js';
import {
  createTestDatabase,
  dropTestDatabase,
  postgresqlMissing,
} from '../../support/test-postgresql.js';

/** Tables that show rows of others, and why: docs/adr/0015-row-level-security.md. */
const READABLE_BY_ALL = ['embedding_spaces', 'words'];
const DENIED = { driverError: { code: '42501' } };
/** Tables whose rows stay as they were added. */
const NEVER_CHANGED = ['audit_log'];
const CONNECTIONS = 3;

interface Session {
  role: string;
  tenant: string | null;
}

const SESSION = `select current_user as role,
  nullif(current_setting('tributary.tenant', true), '') as tenant`;

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`row level security${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let url: string;
  let database: Database;
  let tables: CatalogTable[];
  let theirs: RowsByTable;
  let me: string;

  beforeAll(async () => {
    url = await createTestDatabase();
    const config = { dataDir: '', databaseUrl: new Secret(url), databasePoolSize: CONNECTIONS };
    ({ database } = await openDatabase(config));
    tables = await database.asSystem(catalog);
    const mine = await database.asSystem((tx) => insertEverywhere(tx, tables));
    theirs = await database.asSystem((tx) => insertEverywhere(tx, tables));
    me = String(mine.get('tenants')!['id']);
  });

  afterAll(async () => {
    await database.close();
    await dropTestDatabase(url);
  });

  /** Every row of every table, as text. */
  function everything(): Promise<string[]> {
    return database.asSystem(async (tx) => {
      const found: string[] = [];
      for (const { name } of tables) {
        const rows = await tx.query<{ row: string }[]>(`select ${name}::text as row from ${name}`);
        found.push(...rows.map(({ row }) => `${name} ${row}`));
      }
      return found.sort();
    });
  }

  /** How many rows a statement of mine concerns. */
  async function countOf(sql: string, parameters: unknown[]): Promise<number> {
    const work = database.inTenant(me, (tx) =>
      tx.query<[unknown[], number]>(sql, parameters).then(([, count]) => count),
    );
    return work.catch(noneIfDenied);
  }

  it('is on, and the system sees the rows of all tenants in every table', async () => {
    expect(database.rowLevelSecurity).toEqual({ state: 'on' });
    expect(tables.length).toBeGreaterThan(25);
    const counts = await database.asSystem(async (tx) => {
      const rows: [string, number][] = [];
      for (const { name } of tables) {
        const [row] = await tx.query<{ n: number }[]>(`select count(*)::int as n from ${name}`);
        rows.push([name, row!.n]);
      }
      return rows;
    });
    expect(counts).toEqual(tables.map(({ name }) => [name, 2]));
  });

  it('shows a tenant its own rows', async () => {
    const shown = await database.inTenant(me, async (tx) => {
      const names: string[] = [];
      for (const name of ['tenants', 'memories', 'vectors', 'edges', 'credentials', 'run_attempts'])
        if ((await tx.query<unknown[]>(`select from ${name}`)).length === 1) names.push(name);
      return names;
    });
    expect(shown).toHaveLength(6);
  });

  it('shows a tenant nothing of another one, whatever the statement asks for', async () => {
    const seen: string[] = [];
    for (const { name } of tables) {
      const { ctid } = theirs.get(name)!;
      const count = await database
        .inTenant(me, (tx) =>
          tx.query<unknown[]>(`select from ${name} where ctid = $1::tid`, [ctid]),
        )
        .then((rows) => rows.length)
        .catch(noneIfDenied);
      if (count > 0) seen.push(name);
    }
    expect(seen).toEqual(READABLE_BY_ALL);
  });

  it('lets a tenant change and delete nothing of another one', async () => {
    const before = await everything();
    for (const { name, columns } of tables) {
      const { ctid } = theirs.get(name)!;
      const column = columns.find(({ needed }) => needed)!.name;
      const change = `update ${name} set "${column}" = "${column}"`;
      const remove = `delete from ${name} where ctid = $1::tid`;
      // Without a condition a statement needs no right to read.
      const counts = [
        await countOf(remove, [ctid]),
        await countOf(`${change} where ctid = $1::tid`, [ctid]),
        Math.max(1, await countOf(change, [])),
      ];
      expect([name, ...counts]).toEqual([name, 0, 0, 1]);
    }
    expect(await everything()).toEqual(before);
  });

  it('lets a tenant add nothing to another one', async () => {
    const before = await everything();
    for (const table of tables) {
      const adding = database.inTenant(me, (tx) => insertRow(tx, table, theirs));
      await expect(adding.then(() => table.name)).rejects.toMatchObject(DENIED);
    }
    expect(await everything()).toEqual(before);
  });

  it('lets a tenant give none of its rows to another one', async () => {
    const before = await everything();
    for (const { name, columns } of tables) {
      if (!columns.some((column) => column.name === 'tenant_id')) continue;
      if (NEVER_CHANGED.includes(name)) continue;
      const giving = database.inTenant(me, (tx) =>
        tx.query(`update ${name} set tenant_id = $1`, [theirs.get('tenants')!['id']]),
      );
      await expect(giving.then(() => name)).rejects.toMatchObject(DENIED);
    }
    expect(await everything()).toEqual(before);
  });

  it('lets a tenant add to the audit log, and change or delete nothing of it', async () => {
    const before = await everything();
    expect(await countOf(`update audit_log set action = 'nothing'`, [])).toBe(0);
    expect(await countOf('delete from audit_log', [])).toBe(0);
    expect(await everything()).toEqual(before);
    const add = `insert into audit_log (id, tenant_id, actor, action, created_at)
      values (gen_random_uuid(), $1, 'somebody', 'something', now())`;
    await database.inTenant(me, (tx) => tx.query(add, [me]));
    expect(await everything()).toHaveLength(before.length + 1);
    await database.asSystem((tx) => tx.query(`delete from audit_log where action = 'something'`));
    expect(await everything()).toEqual(before);
  });

  it('ends with the transaction: no connection of the pool carries a tenant on', async () => {
    const failing = database.inTenant(me, () => Promise.reject(new Error('of the work')));
    await expect(failing).rejects.toThrow('of the work');
    let arrived = 0;
    let open: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (open = resolve));
    const together = <T>(work: () => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: CONNECTIONS }, work));
    const inside = await together(() =>
      database.inTenant(me, async (tx) => {
        arrived += 1;
        if (arrived === CONNECTIONS) open();
        await all;
        return (await tx.query<Session[]>(SESSION))[0]!;
      }),
    );
    expect(inside).toEqual(inside.map(() => ({ role: 'tributary_app', tenant: me })));
    const login = new URL(url).username;
    const outside = await together(() => database.maintain(SESSION));
    expect(outside).toEqual(outside.map(() => [{ role: login, tenant: null }]));
    const [system] = await database.asSystem((tx) => tx.query<Session[]>(SESSION));
    expect(system).toEqual({ role: login, tenant: null });
  });

  it('holds when a transaction is run again', async () => {
    const sessions: Session[] = [];
    await database.inTenant(me, async (tx) => {
      sessions.push(...(await tx.query<Session[]>(SESSION)));
      if (sessions.length < 3)
        await tx.query(`do $$ begin raise exception using errcode = '40001'; end $$`);
    });
    expect(sessions).toEqual([1, 2, 3].map(() => ({ role: 'tributary_app', tenant: me })));
  });

  it('has a policy for every table, so that a new one cannot be forgotten', async () => {
    const open = await database.asSystem((tx) =>
      tx.query<{ name: string }[]>(
        `select relname as name from pg_class where relkind in ('r', 'p') and not relrowsecurity
           and relnamespace = current_schema()::regnamespace and relname <> 'migrations'`,
      ),
    );
    expect(open).toEqual([]);
  });
});

/** The role may have no right on the table at all. Any other failure is a fault. */
function noneIfDenied(error: unknown): number {
  expect(error).toMatchObject(DENIED);
  return 0;
}
