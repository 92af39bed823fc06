import { TimeSlice } from '../../../src/sync/engine/time-slice.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { EngineBench } from '../../support/fault-matrix/engine-bench.js';
import type { SyncedSource } from '../../support/fault-matrix/synced-source.js';
import { filesHarness, PAGE_FILES } from '../../support/files-source.js';

describeOnOneDatabase('a run that gives its slot up after every page', (open) => {
  let bench: EngineBench;
  let source: SyncedSource;
  let isOver: jest.SpiedFunction<TimeSlice['isOver']>;

  beforeAll(async () => {
    bench = await EngineBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = await bench.attach(filesHarness());
    isOver = jest.spyOn(TimeSlice.prototype, 'isOver').mockResolvedValue(true);
  });
  afterEach(async () => {
    isOver.mockRestore();
    await bench.detach();
  });

  const slicesOf = async (run: string): Promise<number[]> => {
    const rows = await bench.database.asSystem((tx) =>
      tx.query<{ slices: number }[]>(`select slices from run_attempts where run_id = $1`, [run]),
    );
    return rows.map(({ slices }) => slices);
  };

  it('ends as it would have otherwise, as one attempt', async () => {
    await source.fill({ one: 3 * PAGE_FILES, two: 2 * PAGE_FILES });
    const run = await source.sync();
    expect(run).toMatchObject({
      ...{ status: 'success', attempt: 1, error: null, waiting: null },
      counts: { created: 5 * PAGE_FILES, listed: 5 * PAGE_FILES, unchanged: 0 },
      attempts: [{ attempt: 1, outcome: 'success', error: null }],
    });
    expect(run.partitions.map(({ state }) => state)).not.toContain('incomplete');
    const [slices, ...more] = await slicesOf(run.id);
    expect(more).toEqual([]);
    expect(slices).toBeGreaterThan(5);
    await source.expectIndexToEqualSource();
  });

  it('hides what is gone as soon as the whole of it is proven', async () => {
    const { one } = await source.fill({ one: 3 * PAGE_FILES });
    isOver.mockResolvedValue(false);
    await source.sync();
    isOver.mockResolvedValue(true);
    for (const id of [one.ids[0]!, one.ids[2 * PAGE_FILES]!]) await source.editor.remove(id);
    const run = await source.sync();
    expect(run).toMatchObject({ status: 'success', attempt: 1, counts: { deleted: 2 } });
    await source.expectIndexToEqualSource();
  });
});
