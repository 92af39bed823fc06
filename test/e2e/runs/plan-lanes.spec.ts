import type { CallEstimate, LaneDefinition, Partition } from '../../../connectors/sdk/contract.js';
import { RateLimitedError } from '../../../connectors/sdk/errors.js';
import { ROTATING } from '../../../connectors/sdk/planned-gaps.js';
import { describeOnOneDatabase } from '../../support/database-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { type ScriptedPage, ScriptedSource } from '../../support/scripted-source.js';
import { ScriptedApp } from './scripted-app.js';

const LANES: readonly LaneDefinition[] = [
  { name: 'newest', kind: 'feed', checkpointVersion: 1 },
  { name: 'history', kind: 'feed', checkpointVersion: 1 },
  { name: 'audit', kind: 'feed', checkpointVersion: 1 },
];

const BOUND = new Date('2026-01-01T00:00:00Z');
const NEW: ScriptedPage = { range: { from: BOUND, to: null } };
const OLD: ScriptedPage = { range: { from: null, to: BOUND } };
const LIMITED: ScriptedPage = {
  before: () => {
    throw new RateLimitedError('enough', new Date(Date.now() + 3_600_000), 'list');
  },
};

describeOnOneDatabase('what is left of a backfill of several lanes', (open) => {
  let bench: ScriptedApp;
  /** Partitions whose calls were asked for, by plan. */
  let asked: string[][];

  beforeAll(async () => {
    bench = await ScriptedApp.start(await open());
  });
  afterAll(() => bench.app.close());
  beforeEach(async () => {
    await bench.attach();
    asked = [];
    bench.source = new ScriptedSource(LANES);
    bench.source.partitions = ['one', 'two'].map((key) => ({ key, title: key }));
    for (const { key } of bench.source.partitions)
      for (const lane of ['newest', 'audit'])
        bench.source.pages.set(`${lane} ${key}`, [{ more: true }]);
    bench.changes = {
      plan: (_, partitions: readonly Partition[]) => {
        asked.push(partitions.map(({ key }) => key));
        const calls = partitions.length * 10;
        const estimate: CallEstimate = { method: 'list', calls, callsPerMinute: 1, basis: 'guess' };
        return Promise.resolve([estimate]);
      },
    };
  });
  afterEach(() => bench.detach());

  const history = (one: readonly ScriptedPage[], two: readonly ScriptedPage[]): void => {
    bench.source.pages.set('history one', one);
    bench.source.pages.set('history two', two);
  };
  /** The next attempt of a run that waits, until it ends or waits again. */
  const goOn = async ({ id, attempt }: { id: string; attempt: number }) => {
    await bench.goOn(id);
    return eventually(`the attempt after ${attempt}`, async () => {
      const run = await bench.settled(id);
      return run.attempt > attempt ? run : undefined;
    });
  };
  const plan = async () =>
    (await bench.request('POST', `/v1/memory/connections/${bench.connection}/plan`)).body;
  const explain = async () => {
    const query = `connection=${bench.connection}&external_id=nobody`;
    return (await bench.request('GET', `/v1/memory/documents/explain?${query}`)).body;
  };

  it('is each partition where the lane that reads all of it has not ended', async () => {
    history([LIMITED], [LIMITED]);
    const run = await bench.sync();
    expect(await plan()).toMatchObject({
      ...{ calls: 20, done: { partitions: 0 } },
      partitions: [{ complete: false }, { complete: false }],
    });
    expect(await explain()).toMatchObject({
      verdict: 'not_reached',
      summary: expect.stringContaining('2 of its'),
    });

    history([NEW, OLD], [NEW, LIMITED]);
    const later = await goOn(run);
    expect(await plan()).toMatchObject({ calls: 10, done: { partitions: 1 } });
    expect(asked).toEqual([['one', 'two'], ['two']]);
    expect(await explain()).toMatchObject({
      verdict: 'not_reached',
      summary: expect.stringContaining('1 of its'),
    });

    history([NEW, OLD], [NEW, OLD]);
    expect(await goOn(later)).toMatchObject({ status: 'success' });
    expect(await plan()).toMatchObject({ calls: 0, done: { partitions: 2 } });
    expect(await explain()).toMatchObject({ verdict: 'unknown' });
  });

  it('is nothing in later runs, although what is new then is not reached yet', async () => {
    history([NEW, OLD], [NEW, OLD]);
    await bench.sync();
    bench.source.goesRound = true;
    history([{ ...NEW, gap: ROTATING }], [LIMITED]);
    const run = await bench.sync();
    expect(await plan()).toMatchObject({ calls: 0, done: { partitions: 2 } });
    expect(await explain()).toMatchObject({
      verdict: 'not_reached',
      summary: expect.stringContaining('1 of its'),
    });

    history([{ ...NEW, gap: ROTATING }], [{ ...NEW, gap: ROTATING }]);
    expect(await goOn(run)).toMatchObject({ status: 'success' });
    expect(await plan()).toMatchObject({ calls: 0 });
    expect(await explain()).toMatchObject({ verdict: 'unknown' });
  });

  it('is everything when a run reads everything again', async () => {
    history([NEW, OLD], [NEW, OLD]);
    await bench.sync();
    history([LIMITED], [LIMITED]);
    const path = `/v1/memory/connections/${bench.connection}/sync?wait=false`;
    const { body } = await bench.request('POST', path, { full: true });
    await bench.settled(body.run_id as string);
    expect(await plan()).toMatchObject({ calls: 20, done: { partitions: 0 } });
  });

  it('leaves out partitions that the source no longer lists', async () => {
    history([NEW, OLD], [NEW, OLD]);
    await bench.sync();
    bench.source.partitions = bench.source.partitions.slice(0, 1);
    await bench.sync();
    expect(await explain()).toMatchObject({ verdict: 'unknown' });
  });

  it('is not known before the partitions are listed', async () => {
    const { partitions } = bench.source.connector;
    bench.changes = {
      ...bench.changes,
      partitions: () => {
        throw new RateLimitedError('enough', new Date(Date.now() + 3_600_000), 'list');
      },
    };
    history([NEW, OLD], [NEW, OLD]);
    const run = await bench.sync();
    expect(await explain()).toMatchObject({ verdict: 'not_reached' });
    bench.changes = { ...bench.changes, partitions };
    expect(await goOn(run)).toMatchObject({ status: 'success' });
    expect(await explain()).toMatchObject({ verdict: 'unknown' });
  });
});
