import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import type { Database } from '../../../src/database/database.js';
import { runPrepared } from '../../../src/database/prepared-statement.js';
import { together } from '../../../src/database/together.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';

const TENANT = '00000000-0000-4000-8000-000000000001';
/** Many at once on a slow machine must not run into the limit of interactive requests. */
const PATIENT = { wait: 'unbounded' } as const;

function insert(tx: EntityManager, id: string): Promise<unknown> {
  return tx.query(
    `insert into audit_log (id, tenant_id, actor, action) values ($1, $2, 'test', 'test')`,
    [id, TENANT],
  );
}

async function stored(database: Database, id: string): Promise<boolean> {
  const rows: unknown[] = await database.asSystem((tx) =>
    tx.query('select 1 from audit_log where id = $1', [id]),
  );
  return rows.length === 1;
}

describeOnEachDatabase(
  'transactions',
  (open) => {
    let database: Database;

    beforeAll(async () => {
      database = await open();
    });

    it('commit what the work wrote and return its result', async () => {
      const id = randomUUID();
      expect(await database.inTenant(TENANT, (tx) => insert(tx, id).then(() => 'done'))).toBe(
        'done',
      );
      expect(await stored(database, id)).toBe(true);
    });

    it('run nothing of the work when they cannot begin', async () => {
      const id = randomUUID();
      // As when a role that row level security needs is gone.
      const opening = 'START TRANSACTION; select no_such_setting()';
      const failing = database['transaction'](opening, (tx) => insert(tx, id));
      await expect(failing).rejects.toThrow(/no_such_setting\(\) does not exist/);
      expect(await stored(database, id)).toBe(false);
    });

    it('leave the settings of a maintenance statement behind', async () => {
      const read = `select current_setting('work_mem') as value`;
      const [before] = await database.maintain(read);
      const [during] = await database.maintain(read, { work_mem: '77MB' });
      const [after] = await database.maintain(read);
      expect(during).toEqual({ value: '77MB' });
      expect(after).toEqual(before);
      await expect(database.maintain('no statement', { work_mem: '77MB' })).rejects.toThrow();
      expect(await database.maintain(read)).toEqual([before]);
    });

    it('roll back everything when the work throws, and keep its error', async () => {
      const id = randomUUID();
      const failing = database.inTenant(TENANT, async (tx) => {
        await insert(tx, id);
        throw new Error('of the work');
      });
      await expect(failing).rejects.toThrow('of the work');
      expect(await stored(database, id)).toBe(false);
    });

    it('leave constraint errors to the caller', async () => {
      const id = randomUUID();
      const twice = database.inTenant(TENANT, async (tx) => {
        await insert(tx, id);
        await insert(tx, id);
      });
      await expect(twice).rejects.toMatchObject({ driverError: { code: '23505' } });
    });

    it('never report success when the work ignored a failed statement', async () => {
      const id = randomUUID();
      const careless = async (tx: EntityManager) => {
        await insert(tx, id);
        await tx.query('select 1 / 0').catch(() => undefined);
      };
      await expect(database.inTenant(TENANT, careless)).rejects.toThrow('ignored');
      expect(await stored(database, id)).toBe(false);
      const told = new Promise<unknown>((resolve) => (database.onLateFailure = resolve));
      await database.inTenant(TENANT, careless, { answers: 'early' });
      expect(await told).toMatchObject({ message: expect.stringContaining('ignored') });
      expect(await stored(database, id)).toBe(false);
    });

    it('that answer early plan their statements once, and leave no setting behind', async () => {
      const read = async (options?: { answers: 'early' }) => {
        const [row] = await database.inTenant(
          TENANT,
          (tx) =>
            tx.query<object[]>(
              `select current_setting('plan_cache_mode') as plans,
                 current_setting('enable_seqscan') as scans`,
            ),
          options,
        );
        return row;
      };
      const before = await read();
      expect(await read({ answers: 'early' })).toEqual({
        plans: 'force_generic_plan',
        scans: 'off',
      });
      expect(await read()).toEqual(before);
      expect(before).toEqual({ plans: 'auto', scans: 'on' });
    });

    it('that answer early still end, one after the other', async () => {
      const ids = Array.from({ length: 20 }, () => randomUUID());
      for (const id of ids)
        expect(
          await database.inTenant(TENANT, (tx) => insert(tx, id).then(() => id), {
            answers: 'early',
          }),
        ).toBe(id);
      for (const id of ids) expect(await stored(database, id)).toBe(true);
    });

    it('refuse a transaction inside a transaction at once, and go on working', async () => {
      const nested = database.inTenant(TENANT, () => database.asSystem((tx) => insert(tx, 'x')));
      await expect(nested).rejects.toThrow('inside another one');
      await expect(database.ping()).resolves.toBeUndefined();
    });

    it('refuse a second connection inside a transaction at once', async () => {
      const id = randomUUID();
      const second = database.inTenant(TENANT, async (tx) => {
        await insert(tx, id);
        await tx.connection.query('select 1');
      });
      await expect(second).rejects.toThrow('second connection');
      expect(await stored(database, id)).toBe(false);
    });

    it('let work that a transaction started open its own once that has ended', async () => {
      const id = randomUUID();
      let go: () => void = () => undefined;
      const ended = new Promise<void>((resolve) => (go = resolve));
      const { later } = await database.inTenant(TENANT, () =>
        Promise.resolve({ later: ended.then(() => database.asSystem((tx) => insert(tx, id))) }),
      );
      go();
      await later;
      expect(await stored(database, id)).toBe(true);
    });

    it('keep 50 concurrent ones apart, half of them failing', async () => {
      const ids = Array.from({ length: 50 }, () => randomUUID());
      const outcomes = await Promise.allSettled(
        ids.map((id, i) =>
          database.inTenant(
            TENANT,
            async (tx) => {
              await insert(tx, id);
              if (i % 2 === 1) throw new Error('odd');
            },
            PATIENT,
          ),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(25);
      const rows: { id: string }[] = await database.asSystem((tx) =>
        tx.query('select id from audit_log where id = any($1)', [ids]),
      );
      expect(rows.map(({ id }) => id).sort()).toEqual(ids.filter((_, i) => i % 2 === 0).sort());
    });

    it('give each of 200 concurrent statements its own answer', async () => {
      const numbers = Array.from({ length: 200 }, (_, i) => i);
      const answers = await Promise.all(
        numbers.map((n) =>
          database.inTenant(
            TENANT,
            async (tx) => {
              const [row] = await runPrepared<{ n: number }>(tx, 'select $1::int as n', [n]);
              return row!.n;
            },
            PATIENT,
          ),
        ),
      );
      expect(answers).toEqual(numbers);
    });

    it('carry values larger than one message of the protocol', async () => {
      const text = 'ä€'.repeat(1_000_000);
      const [row] = await database.inTenant(
        TENANT,
        (tx) => tx.query('select $1::text as text, length($1::text) as length', [text]),
        { priority: 'background' },
      );
      expect(row.length).toBe(2_000_000);
      expect(row.text === text).toBe(true);
    });

    it('run parts together and answer their results in order', async () => {
      const sent = await database.inTenant(TENANT, (tx) =>
        together(
          () => runPrepared<{ n: number }>(tx, 'select 1 as n', []),
          () => runPrepared<{ n: number }>(tx, 'select $1::int as n', [2]),
        ),
      );
      expect(sent).toEqual([[{ n: 1 }], [{ n: 2 }]]);
    });

    it('end all parts before they roll back, and name what failed first', async () => {
      const id = randomUUID();
      const failing = database.inTenant(TENANT, (tx) =>
        together(
          async () => {
            await runPrepared(tx, 'select 1', []);
            for (let turn = 0; turn < 50; turn += 1) await nextTurn();
            await insert(tx, id);
          },
          () => runPrepared(tx, 'select 1 / 0', []),
          () => runPrepared(tx, 'select 2', []),
        ),
      );
      await expect(failing).rejects.toThrow('division by zero');
      expect(await stored(database, id)).toBe(false);
    });

    it('run again after a serialization failure', async () => {
      let runs = 0;
      const result = await database.inTenant(TENANT, async (tx) => {
        runs += 1;
        if (runs < 3) {
          await tx.query(`do $$ begin raise exception using errcode = '40001'; end $$`);
        }
        return runs;
      });
      expect(result).toBe(3);
    });

    it('give up after three repeats of a serialization failure', async () => {
      let runs = 0;
      const hopeless = database.inTenant(TENANT, async (tx) => {
        runs += 1;
        await tx.query(`do $$ begin raise exception using errcode = '40P01'; end $$`);
      });
      await expect(hopeless).rejects.toMatchObject({ code: 'database_busy', retryAfter: 1 });
      expect(runs).toBe(4);
    });

    it('are refused after close', async () => {
      const closed = await open();
      await closed.close();
      await expect(closed.ping()).rejects.toMatchObject({ code: 'shutting_down' });
    });

    it('under way at close are awaited', async () => {
      const closing = await open();
      let finish: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (finish = resolve));
      let begun: () => void = () => undefined;
      const started = new Promise<void>((resolve) => (begun = resolve));
      const work = closing.inTenant(TENANT, async (tx) => {
        begun();
        await held;
        await insert(tx, randomUUID());
      });
      await started;
      const close = closing.close();
      finish();
      await expect(work).resolves.toBeUndefined();
      await close;
    });
  },
  { pgvector: false },
);
