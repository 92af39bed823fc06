import type { EntityManager } from 'typeorm';
import type { Database } from '../../../src/database/database.js';
import { OutboxRepository, type Mark } from '../../../src/indexing/outbox/outbox.repository.js';
import { openerForQdrant } from '../../support/database-fixtures.js';
import { postgresqlMissing } from '../../support/test-postgresql.js';

const MARKS = 8000;
const LIMIT = 500;
/** From the sixth execution on a session may keep one plan for a prepared statement. */
const OFTEN = 8;

const missing = postgresqlMissing({ pgvector: false });
const onServer = missing ? describe.skip : describe;
const title = 'an outbox that was empty when it was last looked at';

onServer(missing ? `${title} (skipped: ${missing})` : title, () => {
  const open = openerForQdrant();
  const outbox = new OutboxRepository();
  let database: Database;

  beforeAll(async () => {
    database = await open();
  });

  beforeEach(async () => {
    await database.asSystem((tx) => tx.query('delete from outbox'));
    // As autovacuum leaves it, and with it what the planner believes.
    await database.maintain('vacuum analyze outbox');
  });

  /** Works on a full outbox in a session that knows these statements from an empty one. */
  function full<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    const rolledBack = new Error('as it was');
    let result: T;
    const done = database.asSystem(async (tx) => {
      for (let turn = 0; turn < OFTEN; turn += 1) {
        const none = await outbox.claim(tx, LIMIT);
        await outbox.clear(tx, none);
        await outbox.giveBack(tx, none);
        await outbox.postpone(tx, none, 'why');
      }
      await tx.query(
        `insert into outbox (memory_id, space_id, generation)
         select gen_random_uuid(), 1, n from generate_series(1, ${MARKS}) n`,
      );
      result = await work(tx);
      throw rolledBack;
    });
    return done.catch((error: unknown) => {
      if (error !== rolledBack) throw error;
      return result;
    });
  }

  /** Rows of the outbox that scans of this transaction have read. */
  async function scanned(tx: EntityManager): Promise<number> {
    const [row] = await tx.query<{ n: string }[]>(
      `select seq_tup_read as n from pg_stat_xact_user_tables where relname = 'outbox'`,
    );
    return Number(row!.n);
  }

  it('gives no more marks than it is asked for, the oldest, and reads it at most twice', async () => {
    const { marks, read } = await full(async (tx) => {
      const before = await scanned(tx);
      const marks = await outbox.claim(tx, LIMIT);
      return { marks, read: (await scanned(tx)) - before };
    });
    expect(marks.map(({ generation }) => Number(generation)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: LIMIT }, (_, at) => at + 1),
    );
    expect(read).toBeLessThanOrEqual(2 * MARKS);
  });

  const ends: [string, (tx: EntityManager, marks: Mark[]) => Promise<void>, number][] = [
    ['clears', (tx, marks) => outbox.clear(tx, marks), MARKS - LIMIT],
    ['gives back', (tx, marks) => outbox.giveBack(tx, marks), MARKS],
    ['postpones', (tx, marks) => outbox.postpone(tx, marks, 'why'), MARKS],
  ];

  it.each(ends)('%s what was claimed without a scan for each', async (_, end, left) => {
    const seen = await full(async (tx) => {
      const marks = await outbox.claim(tx, LIMIT);
      const before = await scanned(tx);
      await end(tx, marks);
      return { read: (await scanned(tx)) - before, left: await outbox.count(tx, 2 * MARKS) };
    });
    expect(seen.left).toBe(left);
    expect(seen.read).toBeLessThanOrEqual(2 * MARKS);
  });
});
