import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { ManualClock } from '../../../src/common/clock.js';
import type { Database } from '../../../src/database/database.js';
import { runPrepared } from '../../../src/database/prepared-statement.js';
import { readAtOnce } from '../../../src/database/read-at-once.js';
import { databases, describeOnEachDatabase } from '../../support/database-fixtures.js';
import { postgresqlMissing } from '../../support/test-postgresql.js';

const TENANT = '00000000-0000-4000-8000-000000000001';
/** Many at once on a slow machine must not run into the limit of interactive requests. */
const PATIENT = { wait: 'unbounded' } as const;

interface Seen {
  pid: number;
  role: string;
  tenant: string | null;
  rows: string;
}

function insert(tx: EntityManager, id: string): Promise<unknown> {
  return tx.query(
    `insert into audit_log (id, tenant_id, actor, action) values ($1, $2, 'test', 'test')`,
    [id, TENANT],
  );
}

describeOnEachDatabase('beside a transaction', (open) => {
  let database: Database;

  beforeAll(async () => {
    database = await open();
  });

  it('another one reads for the same tenant, and sees nothing of what it writes', async () => {
    const id = randomUUID();
    const look = async (tx: EntityManager) => {
      const [seen] = await runPrepared<Seen & object>(
        tx,
        `select pg_backend_pid() as pid, current_user::text as role, count(*) as rows,
           current_setting('tributary.tenant', true) as tenant
         from audit_log where id = $1`,
        [id],
      );
      return seen!;
    };
    const [own, other] = await database.inTenant(TENANT, async (tx) => {
      await insert(tx, id);
      const beside = await database.beside(TENANT, look);
      return [await look(tx), beside];
    });
    expect(own.rows).toBe('1');
    if (database.mode === 'embedded') return expect(other).toBeUndefined();
    expect(database.rowLevelSecurity.state).toBe('on');
    expect(other).toEqual({ ...own, pid: expect.any(Number), tenant: TENANT, rows: '0' });
    expect(other!.pid).not.toBe(own.pid);
  });

  it('none reads while most connections are in use', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const many = Array.from({ length: 5 }, () => database.inTenant(TENANT, () => ended, PATIENT));
    expect(database.beside(TENANT, (tx) => tx.query('select 1'))).toBeUndefined();
    end();
    await Promise.all(many);
  });
});

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`beside a transaction${missing ? ` (skipped: ${missing})` : ' on a server'}`, () => {
  const server = databases()[1]!;
  let clock: ManualClock;
  let database: Database;

  beforeAll(async () => {
    clock = new ManualClock();
    database = await server.open({ clock });
  });

  it('none reads for a while after one has failed, which is told once', async () => {
    const told: unknown[] = [];
    database.onSpareFailure = (error) => told.push(error);
    const wrong = new Error('wrong');
    const both = [1, 2].map(async () => database.beside(TENANT, () => Promise.reject(wrong)));
    for (const one of await Promise.allSettled(both))
      expect(one).toEqual({ status: 'rejected', reason: wrong });
    expect(told).toEqual([wrong]);
    clock.advance(29_999);
    expect(database.beside(TENANT, (tx) => tx.query('select 1'))).toBeUndefined();
    clock.advance(1);
    expect(await database.beside(TENANT, (tx) => tx.query('select 1 as one'))).toEqual([
      { one: 1 },
    ]);
  });

  it('none reads for a while after a transaction has lost its connection', async () => {
    const told: unknown[] = [];
    database.onSpareFailure = (error) => told.push(error);
    const lost = database.asSystem((tx) =>
      tx.query('select pg_terminate_backend(pg_backend_pid())'),
    );
    await expect(lost).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(database.beside(TENANT, (tx) => tx.query('select 1'))).toBeUndefined();
    expect(told).toEqual([]);
    clock.advance(30_000);
    expect(await database.beside(TENANT, (tx) => tx.query('select 1 as one'))).toEqual([
      { one: 1 },
    ]);
  });

  /** Each waits for the next, which PostgreSQL cannot see: the last one waits in this process. */
  it('none waits for somebody who waits for the transaction', async () => {
    clock.advance(30_000);
    const mayLock = new Held();
    const begun = new Held();
    const queued = new Held();
    const locking = mayLock.promise.then(() =>
      database.asSystem((tx) => tx.query('lock table vectors in access exclusive mode')),
    );
    const read = (tx: EntityManager) => tx.query<object[]>('select from vectors limit 1');
    let own: EntityManager;
    const ran: string[] = [];
    const both = await database.inTenant(TENANT, (tx) => {
      own = tx;
      return readAtOnce(database, TENANT, tx, {
        first: async () => {
          const rows = await read(tx);
          mayLock.settle();
          await begun.promise;
          while (!(await isWaitedFor(tx))) continue;
          queued.settle();
          return rows;
        },
        prepare: () => Promise.resolve(),
        second: async (any) => {
          ran.push(any === own ? 'own' : 'other');
          begun.settle();
          await queued.promise;
          return read(any);
        },
      });
    });
    expect(both).toEqual([[], []]);
    expect(ran).toEqual(['other', 'own']);
    await locking;
  });
});

/** A promise that is settled when the test says so. */
class Held {
  settle!: () => void;
  readonly promise = new Promise<void>((resolve) => (this.settle = resolve));
}

async function isWaitedFor(tx: EntityManager): Promise<boolean> {
  const [row] = await tx.query<{ waits: boolean }[]>(
    `select exists (select from pg_locks
       where not granted and relation = 'vectors'::regclass) as waits`,
  );
  return row!.waits;
}
