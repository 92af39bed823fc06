import type { RunDetailAnswer } from '../../../src/runs/runs.schema.js';
import { describeOnEachDatabase } from '../../support/database-fixtures.js';
import { scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const PAGE = 450;
const page = (name: string) => ({
  documents: Array.from({ length: PAGE }, (_, n) => scripted(`${name}${n}`, `Text ${name}${n}.`)),
});

/** A step of a run begins before the COMMIT of the one before it has been answered. */
describeOnEachDatabase('a COMMIT that fails in the middle of a run', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource();
    await bench.attach(source);
  });
  afterEach(async () => {
    await mend();
    await bench.detach();
  });

  /** All statements of the transaction that stores this document succeed; its COMMIT does not. */
  const breakCommitOf = async (externalId: string): Promise<void> => {
    await bench.sql(
      `create function refuse_commit() returns trigger language plpgsql as
       $$ begin raise exception using errcode = 'disk_full'; end $$`,
    );
    await bench.sql(
      `create constraint trigger refuse_commit after insert on documents
       deferrable initially deferred for each row
       when (new.external_id = '${externalId}') execute function refuse_commit()`,
    );
  };
  const mend = () => bench.sql('drop function if exists refuse_commit cascade');
  const stored = async (): Promise<string[]> =>
    (await bench.stored()).map(({ externalId }) => externalId);
  const whole = async (run: RunDetailAnswer): Promise<void> => {
    const documents = source.sweep.flatMap(({ documents: listed }) => listed!);
    const ids = new Set(documents.map(({ externalId }) => externalId));
    expect(run).toMatchObject({ status: 'success', counts: { created: ids.size } });
    expect(Object.keys(await bench.index()).toSorted()).toEqual([...ids].toSorted());
  };

  it.each([
    ['the first', 'a0', 0],
    ['the last but one', `a${PAGE - 1}`, 0],
    ['the first of a later page', 'b0', PAGE],
    ['the last', `c${PAGE - 1}`, 2 * PAGE],
  ])('lets nothing after it be stored: %s', async (_which, broken, before) => {
    source.sweep = [page('a'), page('b'), page('c')];
    await breakCommitOf(broken);
    const failed = await bench.sync();
    expect(failed.status).not.toBe('success');
    const there = await stored();
    expect(there).not.toContain(broken);
    expect(there.length).toBeGreaterThanOrEqual(before);
    expect(failed.counts.created).toBe(there.length);
    const listed = source.sweep.flatMap(({ documents }) => documents!.map((one) => one.externalId));
    const after = new Set(listed.slice(listed.indexOf(broken)));
    expect(there.filter((id) => after.has(id))).toEqual([]);
    await mend();
    await whole(await bench.goOn(failed));
  });

  it('ends the attempt where a later page waits for an item of it', async () => {
    source.sweep = [page('a'), { documents: [...page('a').documents, scripted('z', 'Another.')] }];
    await breakCommitOf(`a${PAGE - 1}`);
    const failed = await bench.sync();
    expect(failed.status).not.toBe('success');
    await mend();
    await whole(await bench.goOn(failed));
  });
});
