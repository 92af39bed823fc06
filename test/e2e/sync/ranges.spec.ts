import type { LaneDefinition, SourceDocument } from '../../../connectors/sdk/contract.js';
import { RateLimitedError, TransientSourceError } from '../../../connectors/sdk/errors.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { lazily, PARTITION, scripted, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedSourceBench } from '../../support/scripted-source-bench.js';

const LANES: readonly LaneDefinition[] = [
  { name: 'newest', kind: 'feed', checkpointVersion: 1 },
  { name: 'audit', kind: 'feed', checkpointVersion: 1 },
];

const day = (n: number) => new Date(Date.UTC(2026, 0, n));
const created = (id: string, n: number, more: Partial<SourceDocument> = {}): SourceDocument =>
  scripted(id, `Said on day ${n}.`, { times: { createdAt: day(n), updatedAt: null }, ...more });
const later = () => new Date(Date.now() + 3_600_000);

describeOnOneDatabase('a source that is read by changes', (open) => {
  let bench: ScriptedSourceBench;
  let source: ScriptedSource;

  beforeAll(async () => {
    bench = await ScriptedSourceBench.start(await open());
  });
  afterAll(() => bench.close());
  beforeEach(async () => {
    source = new ScriptedSource(LANES);
    await bench.attach(source);
  });
  afterEach(() => bench.detach());

  const put = (...documents: SourceDocument[]): void => {
    for (const document of documents) source.present.set(document.externalId, document);
  };
  const visible = async () => Object.keys(await bench.index()).sort();
  /** Three documents of three days are known; nothing is listed any more unless a test says so. */
  const knowThree = async () => {
    const documents = [created('one', 1), created('three', 3), created('five', 5)];
    put(...documents);
    source.pages.set(`newest ${PARTITION}`, [{ documents }]);
    source.pages.set(`audit ${PARTITION}`, []);
    await bench.sync();
    source.pages.set(`newest ${PARTITION}`, []);
  };
  /** What the audit of the next run says. */
  const audit = (...pages: NonNullable<ReturnType<typeof source.pages.get>>[number][]): void => {
    source.pages.set(`audit ${PARTITION}`, pages);
  };
  const laneOf = (run: Awaited<ReturnType<typeof bench.sync>>, name: string) =>
    run.partitions.find(({ lane }) => lane === name)!;

  it('is read lane by lane, each over all partitions', async () => {
    source.partitions = ['a', 'b', 'c'].map((key) => ({ key, title: key }));
    await bench.sync();
    expect(source.listed).toEqual([
      ...['newest a', 'newest b', 'newest c'],
      ...['audit a', 'audit b', 'audit c'],
    ]);
  });

  it('says of each run what it left out, and why', async () => {
    const [a, b] = ['a', 'b'].map((key) => ({ key, title: `#${key}` }));
    source.partitions = [a!, { ...b!, skipReason: 'not_joined' }];
    const first = await bench.sync();
    const skipped = [{ key: 'b', title: '#b', reason: 'not_joined' }];
    expect(first).toMatchObject({ status: 'success', skipped_partitions: skipped });
    expect(new Set(first.partitions.map(({ key }) => key))).toEqual(new Set(['a']));
    source.partitions = [a!, b!];
    expect(await bench.sync()).toMatchObject({ skipped_partitions: [] });
    expect(await bench.settled(first.id)).toMatchObject({ skipped_partitions: skipped });
  });

  it('goes on with the other partitions and lanes when one listing is unwell', async () => {
    source.partitions = ['a', 'b'].map((key) => ({ key, title: key }));
    let down = true;
    const before = () => {
      if (down) throw new TransientSourceError('http_503', 'unwell');
    };
    source.pages.set('newest a', [{ documents: [created('a1', 1, { partition: 'a' })], before }]);
    source.pages.set('newest b', [{ documents: [created('b1', 1, { partition: 'b' })] }]);
    source.pages.set('audit a', [{ documents: [created('a2', 2, { partition: 'a' })] }]);
    source.pages.set('audit b', [{ documents: [created('b2', 2, { partition: 'b' })] }]);
    const parked = await bench.sync();
    expect(parked).toMatchObject({ status: 'waiting', waiting: { reason: 'upstream' } });
    expect(await visible()).toEqual(['a2', 'b1', 'b2']);
    down = false;
    source.listed.length = 0;
    expect(await bench.goOn(parked)).toMatchObject({ status: 'success' });
    expect(source.listed).toEqual(['newest a']);
    expect(await visible()).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  it('loses within a proven range what was not listed and is gone, and nothing else', async () => {
    await knowThree();
    source.present.clear();
    put(created('four', 4));
    audit({ documents: [created('four', 4)], range: { from: day(3), to: day(5) } });
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'success', counts: { deleted: 1 } });
    expect(source.verified).toEqual(['three']);
    expect(await visible()).toEqual(['five', 'four', 'one']);
  });

  it('keeps what a range did not show but the source still has', async () => {
    await knowThree();
    audit({ range: { from: null, to: null } });
    expect(await bench.sync()).toMatchObject({ status: 'success', counts: { deleted: 0 } });
    expect(source.verified.sort()).toEqual(['five', 'one', 'three']);
    expect(await visible()).toEqual(['five', 'one', 'three']);
  });

  it('asks about nothing that another lane or another partition has shown', async () => {
    await knowThree();
    source.partitions = [...source.partitions, { key: 'elsewhere', title: 'Elsewhere' }];
    source.pages.set(`newest ${PARTITION}`, [{}, { documents: [created('five', 5)] }]);
    source.pages.set('newest elsewhere', [
      { documents: [created('three', 3, { partition: 'elsewhere' })] },
    ]);
    source.pages.set('audit elsewhere', []);
    audit({}, { documents: [created('one', 1)], range: { from: null, to: null } });
    const before = await bench.stored();
    // The checkpoints of the first run stand after its one page.
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'success', counts: { deleted: 0, embedded: 0 } });
    expect(source.verified).toEqual([]);
    const ids = (documents: typeof before) => documents.map(({ id, memories }) => [id, memories]);
    expect(ids(await bench.stored())).toEqual(ids(before));
    const moved = (await bench.stored()).find(({ externalId }) => externalId === 'three');
    expect(moved?.partition).toBe('elsewhere');
  });

  it('keeps its proofs and what it has seen while it waits', async () => {
    await knowThree();
    source.present.delete('three');
    let limited = true;
    const before = () => {
      if (limited) throw new RateLimitedError('wait', later(), 'list');
    };
    audit(
      { documents: [created('five', 5)], range: { from: day(4), to: null } },
      { range: { from: day(2), to: day(4) }, before },
      { documents: [created('one', 1)], range: { from: null, to: day(2) } },
    );
    const parked = await bench.sync();
    expect(parked.status).toBe('waiting');
    limited = false;
    const run = await bench.goOn(parked);
    expect(run).toMatchObject({ status: 'success', attempt: 2, counts: { deleted: 1 } });
    expect(source.verified).toEqual(['three']);
    expect(laneOf(run, 'audit')).toMatchObject({ state: 'complete', pages: 3, documents: 2 });
    expect(await visible()).toEqual(['five', 'one']);
    const [row] = await bench.sql<{ ranges: unknown }>(
      `select ranges from run_partitions where run_id = $1 and lane = 'audit'`,
      [run.id],
    );
    expect(row!.ranges).toEqual([{ from: null, to: null }]);
  });

  it.each([
    ['backfill in progress', { more: true } as const],
    ['rotating', { gap: 'rotating' }],
  ])('is no failure while a lane says: %s', async (reason, page) => {
    audit({ ...page, documents: [created('one', 1)], range: { from: day(1), to: null } });
    const run = await bench.sync();
    expect(run).toMatchObject({ status: 'success', error: null });
    expect(laneOf(run, 'audit')).toMatchObject({ state: 'incomplete', gap_reason: reason });
    expect(laneOf(run, 'newest')).toMatchObject({ state: 'complete', gap_reason: null });
  });

  it('is as complete as a sweep when its ranges cover everything', async () => {
    audit({ range: { from: day(3), to: null } }, { range: { from: null, to: day(3) }, more: true });
    const run = await bench.sync();
    expect(laneOf(run, 'audit')).toMatchObject({ state: 'complete', gap_reason: null });
  });

  it('begins every lane anew when all of it is to be read again', async () => {
    await knowThree();
    source.begun.length = 0;
    await bench.sync();
    await bench.sync({ full: true });
    const checkpoint = { next: expect.any(Number) };
    expect(source.begun).toEqual([
      [`newest ${PARTITION}`, checkpoint],
      [`audit ${PARTITION}`, checkpoint],
      [`newest ${PARTITION}`, null],
      [`audit ${PARTITION}`, null],
    ]);
  });

  it('is read again where it says so, and embeds nothing that is as it was', async () => {
    const texts = { same: 'As ever.', edited: 'Before.' };
    const document = (id: 'same' | 'edited', reread: boolean) =>
      scripted(id, texts[id], {
        ...{ version: '1', body: lazily(() => texts[id]) },
        ...(reread && { reread: true }),
      });
    source.pages.set(`newest ${PARTITION}`, [
      { documents: [document('same', false), document('edited', false)] },
    ]);
    audit();
    await bench.sync();
    texts.edited = 'After.';
    audit({}, { documents: [document('same', true), document('edited', true)] });
    const run = await bench.sync();
    expect(run.counts).toMatchObject({ fetched: 2, unchanged: 1, updated: 1, embedded: 1 });
    expect(await bench.index()).toEqual({ same: 'As ever.', edited: 'After.' });
  });
});
