import { Database } from '../../../src/database/database.js';
import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { databases } from '../../support/database-fixtures.js';
import { postgresqlMissing } from '../../support/test-postgresql.js';
import { scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const PAGE = 450;
/** A run begins with transactions of 32, 64 and 128 documents; these begin two of them in a row. */
const [FIRST, SECOND] = ['a96', 'a224'];
const STORED_BEFORE = 96;
const page = (name: string) => ({
  documents: Array.from({ length: PAGE }, (_, n) => scripted(`${name}${n}`, `Text ${name}${n}.`)),
});

const missing = postgresqlMissing({ pgvector: true });
const onServer = missing ? describe.skip : describe;

onServer(`two transactions of a run at a time${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const postgresql = databases().at(-1)!;
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await postgresql.open());
    // What begins with the application may need many connections for a moment.
    jest.spyOn(Database.prototype, 'hasRoomToWait', 'get').mockReturnValue(true);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await bench.close();
  });
  beforeEach(async () => {
    source = new ScriptedSource();
    await bench.attach(source);
    source.sweep = [page('a'), page('b')];
  });
  afterEach(async () => {
    await bench.sql('drop function if exists at_first cascade');
    await bench.sql('drop function if exists at_second cascade');
    await bench.detach();
  });

  /** What a transaction does before it stores the first of its documents. */
  const before = async (name: string, externalId: string, statements: string): Promise<void> => {
    await bench.sql(
      `create function ${name}() returns trigger language plpgsql as
       $$ begin ${statements} return new; end $$`,
    );
    await bench.sql(
      `create trigger ${name} before insert on documents for each row
       when (new.external_id = '${externalId}') execute function ${name}()`,
    );
  };
  const takeLock = 'perform pg_advisory_xact_lock(4711);';
  const waitUntilTaken = `
    for i in 1..1000 loop
      exit when exists (select from pg_locks where locktype = 'advisory' and objid = 4711 and granted);
      if i = 1000 then raise 'the other one did not come'; end if;
      perform pg_sleep(0.01);
    end loop;`;
  const expectWhole = async (run: RunDetailAnswer): Promise<void> => {
    expect(run).toMatchObject({ status: 'success', attempt: 1, counts: { created: 2 * PAGE } });
    const ids = source.sweep.flatMap(({ documents }) => documents!.map((one) => one.externalId));
    expect(Object.keys(await bench.index()).toSorted()).toEqual(ids.toSorted());
  };

  it('are under way, and both are stored', async () => {
    await before('at_first', FIRST, waitUntilTaken);
    await before('at_second', SECOND, takeLock);
    await expectWhole(await bench.sync());
  });

  it('do not block each other for ever: the one behind gives way', async () => {
    await before('at_first', FIRST, waitUntilTaken + takeLock);
    await before('at_second', SECOND, takeLock);
    await expectWhole(await bench.sync());
  });

  it('fail together where the one in front fails', async () => {
    await before('at_first', FIRST, `${waitUntilTaken} raise 'no more';`);
    await before('at_second', SECOND, takeLock);
    const failed = await bench.sync();
    expect(failed.status).not.toBe('success');
    expect((await bench.stored()).length).toBe(STORED_BEFORE);
    expect(failed.counts).toMatchObject({ created: STORED_BEFORE, listed: 0 });
  });
});
