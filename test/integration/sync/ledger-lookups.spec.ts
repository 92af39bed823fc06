import type { EntityManager } from 'typeorm';
import type { Database } from '../../../src/database/database.js';
import { LedgerRepository } from '../../../src/sync/engine/ledger.repository.js';
import { databases } from '../../support/database-fixtures.js';
import { MemoryRows } from '../memories/memory-rows.js';
import { QueuedRuns } from './queued-runs.js';

const STORED = 2000;
const PAGE = 50;

const ledger = new LedgerRepository();

/** Rows of documents that this transaction has read so far, by any plan. */
async function rowsRead(tx: EntityManager): Promise<number> {
  const [row] = await tx.query<{ rows: number }[]>(
    `select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables
     where relname = 'documents'`,
  );
  return row!.rows;
}

async function store(
  tx: EntityManager,
  tenant: string,
  connection: string,
  { first = 1, last = STORED } = {},
): Promise<void> {
  const collection = await new MemoryRows(tx, tenant).collection(connection);
  await tx.query(
    `insert into documents (id, tenant_id, connection_id, collection_id, provider, account_id,
       external_id, partition_key, seq, version, state, title, content_hash, meta_hash)
     select gen_random_uuid(), $1, $2, $3, 'files', '/notes', 'note-' || n, '.', n, '1', 'live',
       'A title', 'hash-' || n, 'meta'
     from generate_series($4::int, $5::int) n`,
    [tenant, connection, collection, first, last],
  );
}

const numbers = Array.from({ length: PAGE }, (_, n) => n + 1);

const lookups: [string, (tx: EntityManager, tenant: string, of: string) => Promise<unknown[]>][] = [
  [
    'what is known of its ids',
    (tx, tenant, of) =>
      ledger.known(
        tx,
        tenant,
        of,
        numbers.map((n) => `note-${n}`),
      ),
  ],
  [
    'what is stored as it is listed',
    (tx, tenant, of) =>
      ledger.asListed(
        tx,
        tenant,
        of,
        numbers.map((n) => ({
          ...{ externalId: `note-${n}`, version: '1' },
          ...{ metaHash: 'meta', title: null },
        })),
      ),
  ],
  [
    'what has the same content',
    (tx, tenant, of) =>
      ledger.withContent(
        tx,
        tenant,
        of,
        // Two files of a page may have one text.
        [...numbers, 1].map((n) => `hash-${n}`),
      ),
  ],
];

/** What the planner knows of the table, by what was there when it was looked at last. */
const knowledge: [string, (runs: QueuedRuns) => Promise<void>][] = [
  ['nothing', () => Promise.resolve()],
  [
    'another connection alone',
    async (runs) => {
      const other = await runs.connection();
      await runs.database.asSystem((tx) => store(tx, runs.tenant, other));
      await runs.database.maintain('analyze documents');
    },
  ],
  [
    'many connections of one document',
    async (runs) => {
      const { database, tenant } = runs;
      for (let n = 1; n <= 100; n += 1) {
        const other = await runs.connection();
        await database.asSystem((tx) => store(tx, tenant, other, { first: n, last: n }));
      }
      await database.maintain('analyze documents');
    },
  ],
];

describe.each(databases({ pgvector: false }))('a page looked up on $name', (fixture) => {
  describe.each(knowledge)('by a planner that knows of %s', (_, learn) => {
    let database: Database;
    let tenant: string;
    let connection: string;
    beforeAll(async () => {
      database = await fixture.open();
      const runs = await QueuedRuns.prepare(database);
      tenant = runs.tenant;
      await learn(runs);
      connection = await runs.connection();
      await database.asSystem((tx) => store(tx, tenant, connection));
    });

    it.each(lookups)('reads no more than that page: %s', async (_, look) => {
      await database.inTenant(tenant, async (tx) => {
        const before = await rowsRead(tx);
        expect(await look(tx, tenant, connection)).toHaveLength(PAGE);
        expect((await rowsRead(tx)) - before).toBeLessThanOrEqual(2 * PAGE);
      });
    });
  });
});
