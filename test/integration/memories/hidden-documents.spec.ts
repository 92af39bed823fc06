import { randomUUID } from 'node:crypto';
import { ManualClock } from '../../../src/common/clock.js';
import type { Database } from '../../../src/database/database.js';
import {
  MemoriesRepository,
  type MemoryChanges,
} from '../../../src/memories/memories.repository.js';
import type { DocumentLifecycle } from '../../../src/remember/document-lifecycle.js';
import { databases } from '../../support/database-fixtures.js';
import { documentLifecycle } from '../../support/document-lifecycle.js';
import { eventually, Gate } from '../../support/eventually.js';
import { MemoryRows } from './memory-rows.js';

const repository = new MemoriesRepository();
const clock = new ManualClock();

// PGlite has one session, so nothing of it overlaps.
const server = databases({ pgvector: false }).find(({ name }) => name === 'postgresql');

(server ? describe : describe.skip)('a memory whose document is being hidden', () => {
  let database: Database;
  let lifecycle: DocumentLifecycle;
  beforeAll(async () => {
    database = await server!.open();
    lifecycle = documentLifecycle(database, clock);
  });

  const changes: [string, MemoryChanges][] = [
    ['pinned', { pinned: true }],
    ['labelled', { category: 'policy', importance: 1 }],
    ['brought back from the archive', { archived: false }],
  ];
  it.each(changes)('stays hidden when it is %s meanwhile', async (_, change) => {
    const tenant = randomUUID();
    const { collection, document, memory } = await database.asSystem(async (tx) => {
      const rows = new MemoryRows(tx, tenant);
      await rows.tenantRow();
      const collection = await rows.collection('notes');
      const document = await rows.document(collection, 'live');
      const archived = change.archived === false;
      const columns = { document_id: document, archived, visible: !archived };
      return { collection, document, memory: await rows.memory(collection, 'text', columns) };
    });
    const hidden = new Gate();
    const hiding = database.inTenant(tenant, async (tx) => {
      await lifecycle.hide(tx, tenant, [document], 'deleted', clock.now());
      await hidden.pass();
    });
    await hidden.reached;
    const changing = database.inTenant(tenant, (tx) =>
      repository.change(tx, tenant, collection, memory, change),
    );
    await eventually('a change that waits', waiting);
    hidden.open();
    await hiding;
    expect(await changing).toBeUndefined();
    const rows = await database.asSystem((tx) =>
      tx.query(`select pinned, category, visible from memories where id = $1`, [memory]),
    );
    expect(rows).toEqual([{ pinned: false, category: 'other', visible: false }]);
  });

  async function waiting(): Promise<true | undefined> {
    const rows = await database.asSystem((tx) =>
      tx.query<object[]>(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      ),
    );
    return rows.length > 0 || undefined;
  }
});
