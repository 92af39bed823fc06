import { Secret } from '../../../src/common/secret.js';
import type { Database } from '../../../src/database/database.js';
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

const DENIED = { driverError: { code: '42501' } };
const POINTS = ['point_vectors', 'point_words'];

const missing = postgresqlMissing({ pgvector: false });
const onServer = missing ? describe.skip : describe;

onServer(`row level security beside Qdrant${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let url: string;
  let database: Database;
  let tables: CatalogTable[];
  let mine: RowsByTable;
  let theirs: RowsByTable;
  let me: string;

  beforeAll(async () => {
    url = await createTestDatabase();
    // Keeps vectors out of PostgreSQL; nothing connects to it.
    const qdrantUrl = 'http://127.0.0.1:6333';
    const config = { dataDir: '', databaseUrl: new Secret(url), databasePoolSize: 2, qdrantUrl };
    ({ database } = await openDatabase(config));
    // Marks are made by triggers.
    tables = (await database.asSystem(catalog)).filter(({ name }) => name !== 'outbox');
    mine = await database.asSystem((tx) => insertEverywhere(tx, tables));
    theirs = await database.asSystem((tx) => insertEverywhere(tx, tables));
    me = String(mine.get('tenants')!['id']);
  });
  afterAll(async () => {
    await database.close();
    await dropTestDatabase(url);
  });

  const MARKS = 'select memory_id from outbox order by 1';
  const myMarks = (): Promise<unknown[]> => database.inTenant(me, (tx) => tx.query(MARKS));
  const allMarks = (): Promise<unknown[]> => database.asSystem((tx) => tx.query(MARKS));

  it('is on for every table', () => {
    expect(database.rowLevelSecurity).toEqual({ state: 'on' });
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(POINTS));
  });

  it('shows and gives a tenant no point and no mark of another one', async () => {
    const { id: collection } = theirs.get('collections')!;
    for (const name of [...POINTS, 'outbox']) {
      const theirRows = `from ${name} where collection_id = $1`;
      const run = <T>(sql: string): Promise<T> =>
        database.inTenant(me, (tx) => tx.query<T>(sql, [collection]));
      expect(await run<unknown[]>(`select 1 ${theirRows}`)).toEqual([]);
      const [, deleted] = await run<[unknown[], number]>(`delete ${theirRows}`);
      expect([name, deleted]).toEqual([name, 0]);
    }
    for (const table of tables.filter(({ name }) => POINTS.includes(name)))
      await expect(
        database.inTenant(me, (tx) => insertRow(tx, table, theirs)),
      ).rejects.toMatchObject(DENIED);
    expect(await allMarks()).toHaveLength(2);
    expect(await myMarks()).toEqual([{ memory_id: mine.get('memories')!['id'] }]);
  });

  it('lets only triggers write marks, for changes of any tenant, its own end included', async () => {
    const forge = database.inTenant(me, (tx) =>
      tx.query(`insert into outbox (memory_id, space_id, collection_id) values ($1, 1, $2)`, [
        mine.get('documents')!['id'],
        mine.get('collections')!['id'],
      ]),
    );
    await expect(forge).rejects.toMatchObject(DENIED);
    await database.asSystem((tx) => tx.query('delete from outbox'));
    await database.inTenant(me, (tx) => tx.query('update memories set archived = not archived'));
    expect(await allMarks()).toEqual([{ memory_id: mine.get('memories')!['id'] }]);
    await database.asSystem((tx) => tx.query('delete from outbox'));
    await database.inTenant(me, (tx) => tx.query('delete from tenants where id = $1', [me]));
    expect(await allMarks()).toEqual([{ memory_id: mine.get('memories')!['id'] }]);
  });
});
