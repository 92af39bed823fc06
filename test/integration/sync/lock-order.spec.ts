import { CollectionsRepository } from '../../../src/collections/collections.repository.js';
import { ManualClock } from '../../../src/common/clock.js';
import type { Database } from '../../../src/database/database.js';
import type { DocumentLifecycle } from '../../../src/remember/document-lifecycle.js';
import { LedgerRepository } from '../../../src/sync/engine/ledger.repository.js';
import { databases } from '../../support/database-fixtures.js';
import { documentLifecycle } from '../../support/document-lifecycle.js';
import { eventually, Gate } from '../../support/eventually.js';
import { MemoryRows } from '../memories/memory-rows.js';
import { QueuedRuns } from './queued-runs.js';

const clock = new ManualClock();
const ledger = new LedgerRepository();
const collections = new CollectionsRepository();

// PGlite has one session, so nobody waits for a row.
const server = databases({ pgvector: false }).find(({ name }) => name === 'postgresql');

(server ? describe : describe.skip)('documents that two transactions lock', () => {
  let database: Database;
  let lifecycle: DocumentLifecycle;
  beforeAll(async () => {
    database = await server!.open();
    lifecycle = documentLifecycle(database, clock);
  });

  let collection: string;

  /** Suspects with a memory each, stored against the order of their ids; answers these in order. */
  const suspects = (tenant: string, connection: string): Promise<string[]> =>
    database.asSystem(async (tx) => {
      const stored = new MemoryRows(tx, tenant);
      collection = await stored.collection(connection);
      const rows = await tx.query<{ id: string }[]>(
        `insert into documents (id, tenant_id, connection_id, collection_id, provider, account_id,
           external_id, partition_key, seq, version, state, title, content_hash)
         select id, $1, $2, $3, 'files', '/notes', id::text, '.', row_number() over (), '1',
           'suspect', 'A title', 'hash'
         from (select gen_random_uuid() as id from generate_series(1, 20) order by 1 desc) ids
         returning id`,
        [tenant, connection, collection],
      );
      for (const { id } of rows) await stored.memory(collection, id, { document_id: id });
      return rows.map(({ id }) => id).reverse();
    });

  type Locking = (tx: Parameters<typeof lifecycle.hide>[0], tenant: string) => Promise<unknown>;
  const acts: [string, (connection: string, ids: string[]) => Locking][] = [
    ['a review that hides some', (of) => (tx, tenant) => ledger.suspects(tx, tenant, of, 100)],
    [
      'a review that has asked about some',
      (_, ids) => (tx, tenant) =>
        ledger.saveVerdicts(
          tx,
          tenant,
          ids.toReversed().map((id) => ({ id, verdict: 'gone' })),
        ),
    ],
    [
      'a page with tombstones',
      (_, ids) => (tx, tenant) => lifecycle.hide(tx, tenant, ids, 'deleted', clock.now()),
    ],
    [
      'a collection whose memories are deleted',
      () => (tx, tenant) => collections.deleteSome(tx, 'memories', tenant, collection, 100),
    ],
  ];
  it.each(acts)('do not block each other for good: %s', async (_, act) => {
    const runs = await QueuedRuns.prepare(database);
    const connection = await runs.connection();
    const ids = await suspects(runs.tenant, connection);
    const begun: string[] = [];
    const first = new Gate();
    const removing = database.inTenant(runs.tenant, async (tx) => {
      begun.push('removal');
      await lifecycle.lock(tx, runs.tenant, ids.slice(0, 1));
      await first.pass();
      await lifecycle.lock(tx, runs.tenant, ids);
    });
    await first.reached;
    const hiding = database.inTenant(runs.tenant, async (tx) => {
      begun.push('sync');
      await act(connection, ids)(tx, runs.tenant);
    });
    await eventually('a transaction that waits', async () => {
      const waiting = await database.asSystem((tx) =>
        tx.query<unknown[]>(
          `select from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock'`,
        ),
      );
      return waiting.length > 0 || undefined;
    });
    first.open();
    await Promise.all([removing, hiding]);
    // A deadlock would have had one of them begin again.
    expect(begun).toEqual(['removal', 'sync']);
  });
});
